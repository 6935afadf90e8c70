using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Spoq.Core.Ops;
using Spoq.Infrastructure;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Tests.Support;

/// <summary>
/// A database of its own and everything <c>AddSpoq</c> registers, on a clock that stands still. Workers are not
/// started: tests call <c>RunOnceAsync</c>. Derive to change what is registered.
/// </summary>
public class DatabaseFixture : IAsyncLifetime
{
    private readonly List<IHost> _hosts = [];

    public TestClock Clock { get; } = new();

    public string ConnectionString { get; private set; } = "";

    public string DataDirectory { get; } = Directory.CreateTempSubdirectory("spoq-test-").FullName;

    public IServiceProvider Services { get; private set; } = null!;

    public T Get<T>()
        where T : notnull => Services.GetRequiredService<T>();

    public SpoqDbContext NewContext() => Get<IDbContextFactory<SpoqDbContext>>().CreateDbContext();

    /// <summary>Another node on the same database: its own services, shared clock.</summary>
    public IServiceProvider NewNode()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Development", DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Spoq"] = ConnectionString,
            ["Spoq:BaseUrl"] = "http://localhost:5080",
            ["Spoq:InstanceDomain"] = "localhost",
            ["Spoq:DataDirectory"] = DataDirectory,
        });
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddConsole());
        builder.AddDevelopmentDefaults();
        builder.Services.AddSpoq(builder.Configuration, builder.Environment);
        builder.Services.Configure<PasswordHasherOptions>(options => options.IterationCount = StartupHook.Iterations);
        Configure(builder);
        var host = builder.Build();
        _hosts.Add(host);
        return host.Services;
    }

    /// <summary>A confirmed account.</summary>
    public async Task<Guid> AddAccountAsync(string? email = null)
    {
        email ??= $"{Guid.NewGuid():n}@example.com";
        await using var db = NewContext();
        var user = new User
        {
            Email = email,
            UserName = email,
            NormalizedEmail = email.ToUpperInvariant(),
            NormalizedUserName = email.ToUpperInvariant(),
            EmailConfirmed = true,
            SecurityStamp = Guid.NewGuid().ToString("n"),
            CreatedAt = Clock.Now,
        };
        db.Users.Add(user);
        await db.SaveChangesAsync();
        return user.Id;
    }

    /// <summary>Mails to the account that wait in the outbox, oldest first.</summary>
    public async Task<IReadOnlyList<Mail>> MailsToAsync(Guid accountId)
    {
        await using var db = NewContext();
        var email = await db.Users.Where(user => user.Id == accountId).Select(user => user.Email).SingleAsync();
        var waiting = await db.Set<OutboxMessage>().AsNoTracking()
            .Where(message => message.Kind == MailHandler.MailKind && message.Payload != null).OrderBy(message => message.Id).ToListAsync();
        return [.. waiting.Select(message => JsonSerializer.Deserialize<Mail>(Get<SecretBox>().Open(message.Payload, Outbox.Purpose))!).Where(mail => mail.To == email)];
    }

    public async Task InitializeAsync()
    {
        ConnectionString = await OpenDatabaseAsync();
        Services = NewNode();
    }

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await ((IAsyncDisposable)host).DisposeAsync();
        }

        await TestCluster.DropAsync(ConnectionString);
        Directory.Delete(DataDirectory, recursive: true);
    }

    /// <summary>A new one; derive to look at the database of a running server.</summary>
    protected virtual Task<string> OpenDatabaseAsync() => TestCluster.CreateDatabaseAsync();

    protected virtual void Configure(HostApplicationBuilder builder)
    {
    }
}
