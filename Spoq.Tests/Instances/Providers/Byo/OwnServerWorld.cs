using System.Collections.Concurrent;
using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Core;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Dns;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Instances.Providers.Byo;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Tests.Instances.Provisioning;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Providers.Byo;

/// <summary>Computers whose machines their owners bring, on a clock of the test's.</summary>
public sealed class OwnServerWorld : DatabaseFixture
{
    internal static readonly IPAddress Here = IPAddress.Parse("198.44.7.9");

    internal OwnServers Servers => Get<OwnServers>();

    internal async Task<(Guid Account, Guid Id)> BuyAsync()
    {
        var account = await AddAccountAsync();
        return (account, await Purchase.BuyAsync(Services, account, "byo", "byo", "own"));
    }

    /// <summary>Paid, with its command made.</summary>
    internal async Task<(Guid Account, Guid Id)> WaitingAsync()
    {
        var (account, id) = await BuyAsync();
        await DriveAsync(id, instance => instance.WaitingFor?.StartsWith("Waiting for you", StringComparison.Ordinal) == true);
        return (account, id);
    }

    /// <summary>Its machine has called and reports; as if everything had been checked from outside.</summary>
    internal async Task<(Guid Account, Guid Id, string Token)> RunningAsync()
    {
        var (account, id) = await WaitingAsync();
        var setup = await ConnectAsync(await TokenAsync(account, id), 'a');
        await DriveAsync(id, instance => instance.Step == Step.InstallConductor);
        var token = await Get<ServerReports>().PhoneHomeAsync(id, setup, "1", CancellationToken.None);
        Assert.True(await Get<ServerReports>().HeartbeatAsync(id, token!, new ServerVitals("1", 0, 0, 0, 0, 0), new ServerNews([], null), CancellationToken.None));
        await using var db = NewContext();
        await db.Database.ExecuteSqlAsync($"update instances set state = 'running', road = null, step = null, due_at = null, waiting_for = null, ready_at = {Clock.Now} where id = {id}");
        return (account, id, token!);
    }

    internal async Task<string> TokenAsync(Guid account, Guid id) => (await Servers.FindAsync(account, id, CancellationToken.None))!.Token!;

    /// <summary>The command, run on a machine that makes this key for itself.</summary>
    internal Task<Result<OwnServerWelcome>> CallAsync(string? token, char key, IPAddress? from = null) =>
        Servers.ConnectAsync(token, new OwnServerCall(new string(key, 64), "Debian GNU/Linux 12 (bookworm)"), from ?? Here, CancellationToken.None);

    internal async Task<string> ConnectAsync(string token, char key) => (await CallAsync(token, key)).Try(out var welcome, out var no) ? welcome.Token : throw new InvalidOperationException(no.Message);

    internal static Refusal? Refused<T>(Result<T> result)
        where T : notnull => result.Try(out _, out var no) ? null : no;

    internal Task<Instance> DriveAsync(Guid id, InstanceState state) => DriveAsync(id, instance => instance.State == state);

    /// <summary>Turns the clock to whatever is due next until the instance is as wanted.</summary>
    internal async Task<Instance> DriveAsync(Guid id, Func<Instance, bool> isThere)
    {
        for (var turn = 0; turn < 300; turn++)
        {
            var instance = await ReadAsync(id);
            if (isThere(instance))
            {
                return instance;
            }

            if (instance.DueAt > Clock.Now)
            {
                Clock.Now = instance.DueAt.Value;
            }

            await Get<ProvisioningWorker>().RunOnceAsync(CancellationToken.None);
        }

        var last = await ReadAsync(id);
        throw new TimeoutException($"The instance came to {last.State} {last.Step} {last.WaitingFor} {last.ErrorMessage} and stays there.");
    }

    /// <summary>Turns the clock on and works off what the ladder has to do then.</summary>
    internal async Task LadderAsync(TimeSpan later)
    {
        Clock.Advance(later);
        while (await Get<LadderWorker>().RunOnceAsync(CancellationToken.None) > 0)
        {
        }
    }

    internal async Task<Instance> ReadAsync(Guid id)
    {
        await using var db = NewContext();
        return await db.Instances.AsNoTracking().SingleAsync(instance => instance.Id == id);
    }

    protected override void Configure(HostApplicationBuilder builder) => builder.Services.AddSingleton<IDnsZone, Zone>();

    /// <summary>Names lead where they were told to.</summary>
    private sealed class Zone : IDnsZone
    {
        private readonly ConcurrentDictionary<string, string> _records = new();

        public TimeSpan Memory => TimeSpan.FromMinutes(1);

        public Task<string?> FindAsync(string hostname, CancellationToken cancellationToken) => Task.FromResult(_records.GetValueOrDefault(hostname));

        public Task UpsertAsync(string hostname, string address, CancellationToken cancellationToken) => Task.FromResult(_records[hostname] = address);

        public Task RemoveAsync(string hostname, CancellationToken cancellationToken) => Task.FromResult(_records.TryRemove(hostname, out _));
    }
}
