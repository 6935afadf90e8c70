using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Sweep;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Pool;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Sweep;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Emulators;
using Spoq.Tests.Instances.Provisioning;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Providers;

/// <summary>The real program over HTTP on a clock that tests turn, with emulators where the vendors are. Its workers run when they are told to.</summary>
public class OutsideWorld : SpoqHost, IAsyncLifetime
{
    private readonly AnyConductor _conductor = new();
    private readonly string _releases = Directory.CreateTempSubdirectory("spoq-releases-").FullName;
    private string _endpoint = "";

    /// <summary>A vendor that hangs is left sooner than in earnest.</summary>
    protected virtual TimeSpan Patience => TimeSpan.FromMilliseconds(250);

    internal TestClock Clock { get; } = new() { Now = DateTimeOffset.UtcNow };

    internal Vendors Vendors => field ??= new Vendors(Clock);

    /// <summary>Whoever comes from outside, with nobody's login.</summary>
    internal ApiClient Anybody { get; private set; } = null!;

    protected override IEnumerable<string> Arguments => [.. Vendors.Settings.Select(setting => $"--{setting.Key}={setting.Value}"), "--Spoq:Roles=web", $"--Releases:Directory={_releases}"];

    async Task IAsyncLifetime.InitializeAsync()
    {
        await PublishAsync();
        await Vendors.StartAsync();
        _endpoint = await _conductor.StartAsync(host => Read(instance => instance.Hostname == host).Id);
        await InitializeAsync();
        Anybody = new ApiClient(BaseUrl);
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        Anybody.Dispose();
        await _conductor.StopAsync();
        await Vendors.DisposeAsync();
        Directory.Delete(_releases, recursive: true);
    }

    /// <summary>Somebody with an account, signed in by token.</summary>
    internal async Task<ApiClient> SignUpAsync()
    {
        var client = new ApiClient(BaseUrl);
        await client.RegisterAsync();
        var code = client.CodeFromMailAsync();
        await Eventually.TrueAsync(
            async () =>
            {
                // A mail is written down after the answer.
                await Services.GetRequiredService<OutboxWorker>().RunOnceAsync(CancellationToken.None);
                return code.IsCompleted;
            },
            $"the code for {client.Email} to be mailed");
        using var verified = await client.PostAsync("/api/auth/verify-email", new { code = await code });
        Assert.Equal(HttpStatusCode.OK, verified.StatusCode);
        return client;
    }

    internal async Task LadderAtAsync(DateTimeOffset at)
    {
        Clock.Now = at;
        while (await Services.GetRequiredService<LadderWorker>().RunOnceAsync(CancellationToken.None) > 0)
        {
            // Until nothing is due.
        }
    }

    internal Task DriveAsync(Guid id, InstanceState end) => DriveAsync(id, instance => instance.State == end);

    /// <summary>Turns the clock to whatever is due next until the instance is as wanted.</summary>
    internal async Task DriveAsync(Guid id, Func<Instance, bool> isThere)
    {
        for (var turn = 0; turn < 400; turn++)
        {
            var instance = Read(id);
            if (isThere(instance))
            {
                return;
            }

            Assert.True(instance.State != InstanceState.Failed, $"{instance.Provider} failed at {instance.Step}: {instance.ErrorMessage}");
            if (instance.DueAt > Clock.Now)
            {
                Clock.Now = instance.DueAt.Value;
            }

            await Services.GetRequiredService<ProvisioningWorker>().RunOnceAsync(CancellationToken.None);
        }

        var last = Read(id);
        throw new TimeoutException($"It came to {last.State}, {last.Step} and stays there: {last.WaitingFor} {last.ErrorMessage}");
    }

    internal async Task ChoresAsync()
    {
        await Services.GetRequiredService<OrphanSweep>().RunAsync(CancellationToken.None);
        await Services.GetRequiredService<PoolChore>().RunAsync(CancellationToken.None);
    }

    internal async Task<IReadOnlyList<Orphan>> OrphansAsync()
    {
        await using var db = NewContext();
        return await db.Set<Orphan>().AsNoTracking().Where(orphan => orphan.ResolvedAt == null).ToListAsync();
    }

    internal Instance Read(Guid id) => Read(instance => instance.Id == id);

    protected override void Configure(IServiceCollection services)
    {
        services.RemoveAll<TimeProvider>();
        services.AddSingleton<TimeProvider>(Clock);
        Relocated.Wrap(services, () => _endpoint);
        foreach (var key in Vendors.Clients)
        {
            services.AddHttpClient(key).ConfigureHttpClient(http => http.Timeout = Patience);
        }
    }

    private Instance Read(Func<Instance, bool> which)
    {
        using var db = NewContext();
        return db.Instances.AsNoTracking().AsEnumerable().Single(which);
    }

    private SpoqDbContext NewContext() => Services.GetRequiredService<IDbContextFactory<SpoqDbContext>>().CreateDbContext();

    /// <summary>Something to download, for a server that is none.</summary>
    private async Task PublishAsync()
    {
        var bytes = "a program"u8.ToArray();
        string[] names = ["conductor-linux-amd64", "spoq-linux-amd64"];
        foreach (var name in names)
        {
            await File.WriteAllBytesAsync(Path.Combine(_releases, name), bytes);
        }

        var artifacts = names.Select(name => new { name, version = "1.0.0", size = bytes.Length, sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)) });
        await File.WriteAllTextAsync(Path.Combine(_releases, "manifest.json"), JsonSerializer.Serialize(new { version = "1.0.0", min_conductor = "0.0.0", min_cli = "0.0.0", artifacts }));
    }
}
