using Microsoft.EntityFrameworkCore;
using Spoq.Core.Devices;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Tests.Releases;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Kit;

/// <summary>A control plane that gives out real builds, and servers that were ordered of it.</summary>
public sealed class KitFixture : DatabaseFixture, IAsyncLifetime
{
    internal const string Fetch = "curl -fsSL --retry 20 --retry-connrefused -H \"Authorization: Bearer $SPOQ_TOKEN\" \"$SPOQ_URL/internal/instances/$SPOQ_INSTANCE/install.sh\"";

    public SpoqServer Server { get; private set; } = null!;

    /// <summary>A server that was bought and has not called yet.</summary>
    internal async Task<OrderedServer> OrderAsync(string address)
    {
        var account = await AddAccountAsync();
        var token = ServerTokens.New();
        var instance = new Instance(Guid.CreateVersion7(), account, address, $"{address}.localhost", "alice", "cloud", "local", "elsewhere", DateTimeOffset.UtcNow);
        instance.ExpectPhoneHome(ServerTokens.Hash(token));
        await using var db = NewContext();
        db.Add(new Profile(Guid.CreateVersion7(), account, 1, "alice", DateTimeOffset.UtcNow));
        db.Add(instance);
        db.Add(new ProviderServer(Guid.CreateVersion7(), instance.Id, instance.ServerMark, instance.Provider, instance.Plan, DateTimeOffset.UtcNow));
        await db.SaveChangesAsync();

        // Nobody's worker is to look at it: what a provider does is not what is tested here.
        await db.Database.ExecuteSqlAsync($"update instances set state = 'running', ready_at = now(), due_at = null where id = {instance.Id}");
        return new OrderedServer(account, instance.Id, token);
    }

    /// <summary>A fresh system from which the control plane is reached.</summary>
    internal async Task<DebianTree> ReachableTreeAsync()
    {
        var tree = await DebianTree.StartAsync();
        await File.WriteAllTextAsync(tree.PathOf("/etc/hosts"), "127.0.0.1 localhost\n");
        await tree.BringInAsync(Server.Port);
        return tree;
    }

    /// <summary>What a provider's script holds.</summary>
    internal string Environment(OrderedServer server) =>
        $"set -euo pipefail; export SPOQ_URL={Server.BaseUrl.AbsoluteUri.TrimEnd('/')} SPOQ_INSTANCE={server.Id} SPOQ_TOKEN={server.Token}";

    internal Task<Said> InstallAsync(DebianTree tree, OrderedServer server) => tree.RunAsync($"{Environment(server)}; {Fetch} | bash");

    /// <summary>Starts what systemd would start.</summary>
    internal static async Task ServeAsync(DebianTree tree)
    {
        Assert.Equal("[Service]\nUser=alice\n", await File.ReadAllTextAsync(tree.PathOf("/etc/systemd/system/conductor.service.d/user.conf")));
        await tree.RunAsync("install -d -m 0750 -o alice -g spoq /run/conductor");
        tree.Serve("/usr/local/bin/conductor --config /etc/conductor/config.json", "alice");
        tree.Serve("caddy run --config /etc/caddy/Caddyfile --adapter caddyfile");
        tree.Serve("/usr/sbin/sshd -D -e");
    }

    internal async Task<IReadOnlyList<string>> StoryAsync(OrderedServer server)
    {
        await using var db = NewContext();
        return await db.InstanceEvents.Where(line => line.InstanceId == server.Id).OrderBy(line => line.Id).Select(line => line.Message).ToListAsync();
    }

    internal async Task<Instance> ReadAsync(OrderedServer server)
    {
        await using var db = NewContext();
        return await db.Instances.AsNoTracking().SingleAsync(row => row.Id == server.Id);
    }

    async Task IAsyncLifetime.InitializeAsync()
    {
        if (DebianTree.Missing is not null)
        {
            return;
        }

        Server = await SpoqServer.NewAsync(new Dictionary<string, string> { ["Releases__Directory"] = await Published.FolderAsync() });
        await InitializeAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        if (DebianTree.Missing is not null)
        {
            return;
        }

        await Server.DisposeAsync();
        await DisposeAsync();
    }

    protected override Task<string> OpenDatabaseAsync() => Task.FromResult(Server.ConnectionString);
}

internal sealed record OrderedServer(Guid AccountId, Guid Id, string Token);
