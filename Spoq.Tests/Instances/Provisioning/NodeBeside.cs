using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Core.Instances;
using Spoq.Infrastructure;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Provisioning;

/// <summary>The services of a second node on a running server's database, without workers: tests act through it while the server may die.</summary>
internal sealed class NodeBeside : IAsyncDisposable
{
    private readonly IHost _host;

    public NodeBeside(SpoqServer server)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Development", DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Spoq"] = server.ConnectionString,
            ["Spoq:BaseUrl"] = server.BaseUrl.ToString(),
            ["Spoq:InstanceDomain"] = "localhost",
            ["Spoq:DataDirectory"] = server.DataDirectory,
        });
        builder.AddDevelopmentDefaults();
        builder.Services.AddSpoq(builder.Configuration, builder.Environment);
        _host = builder.Build();
    }

    public IServiceProvider Services => _host.Services;

    public SpoqDbContext NewContext() => Services.GetRequiredService<IDbContextFactory<SpoqDbContext>>().CreateDbContext();

    public async Task<Guid> AddAccountAsync()
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        await using var db = NewContext();
        var user = new User { Email = email, UserName = email, NormalizedEmail = email.ToUpperInvariant(), NormalizedUserName = email.ToUpperInvariant(), EmailConfirmed = true, SecurityStamp = "x", CreatedAt = TimeProvider.System.GetUtcNow() };
        db.Users.Add(user);
        await db.SaveChangesAsync();
        return user.Id;
    }

    public async Task<Instance> UntilAsync(Guid id, Func<Instance, bool> isThere, string what)
    {
        Instance? found = null;
        await UntilAsync(instances => (found = instances.Single(instance => instance.Id == id)) is not null && isThere(found), what);
        return found!;
    }

    public Task UntilAsync(Func<IReadOnlyList<Instance>, bool> isThere, string what) => Eventually.TrueAsync(
        async () =>
        {
            await using var db = NewContext();
            return isThere(await db.Instances.AsNoTracking().ToListAsync());
        },
        what,
        TimeSpan.FromMinutes(6));

    public ValueTask DisposeAsync()
    {
        _host.Dispose();
        return ValueTask.CompletedTask;
    }
}
