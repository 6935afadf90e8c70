using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Devices;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Moving;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Moving;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Instances.Kit;
using Spoq.Tests.Releases;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Moving;

/// <summary>Both halves at once: the real control plane over HTTP, two Debian systems that the kit made, real Conductors, OpenSSH and rsync between them.</summary>
public sealed class WholeMoveTests(WholeMoveTests.World world) : IClassFixture<WholeMoveTests.World>
{
    private const string OldAddress = "10.78.0.1";

    [DebianFact]
    public async Task The_new_server_is_let_in_by_the_old_one_fetches_everything_and_shows_the_same_host_key()
    {
        var (id, token) = await world.OrderAsync();
        await using var old = await world.InstalledAsync(id, token);
        Done(await old.RunAsync("echo mine >/home/alice/mine; chown alice /home/alice/mine; chmod 640 /home/alice/mine"));
        await Eventually.TrueAsync(() => world.Read(id) is { ProvisioningTokenHash: null, InstanceTokenHash: not null }, "the old server's heartbeat");
        var newToken = await world.BeginAsync(id, OldAddress);
        await using var fresh = await world.InstalledAsync(id, newToken);
        await Kit.Shell.CheckAsync($"""
            ip link add spoq-c netns {old.Init} type veth peer name spoq-d netns {fresh.Init}
            nsenter --target {old.Init} --net sh -c 'ip addr add {OldAddress}/24 dev spoq-c; ip link set spoq-c up'
            nsenter --target {fresh.Init} --net sh -c 'ip addr add 10.78.0.2/24 dev spoq-d; ip link set spoq-d up'
            """);
        Assert.Equal(await File.ReadAllTextAsync(old.PathOf("/etc/ssh/ssh_host_spoq_key.pub")), await File.ReadAllTextAsync(fresh.PathOf("/etc/ssh/ssh_host_spoq_key.pub")));

        var moving = fresh.Serve("env SPOQ_MOVE_PAUSE=1 /usr/local/sbin/spoq-move");
        await Eventually.TrueAsync(async () => (await world.MoveAsync(id)).CopiedAt is not null, "the first copy", TimeSpan.FromSeconds(120));

        // In use until it is asked to finish: both servers are heard, and what is done on the old one comes along.
        Assert.Equal(0, (await old.RunAsync("pgrep conductor")).Code);
        Done(await old.RunAsync("echo later >/home/alice/later; chown alice /home/alice/later"));
        await world.FinishAsync(id);
        await moving.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(120));

        Assert.Equal(0, moving.ExitCode);
        Assert.NotNull((await world.MoveAsync(id)).MovedAt);
        Assert.Equal("mine\nlater\nalice 640\n", (await fresh.RunAsync("cat /home/alice/mine /home/alice/later; stat -c '%U %a' /home/alice/mine")).Output);
        Assert.NotEqual(0, (await old.RunAsync("pgrep conductor")).Code);
        Assert.False(Directory.Exists(fresh.PathOf("/etc/spoq/move")));

        // The keys of devices let people in on the new one; the move's own does not.
        var desired = await File.ReadAllTextAsync(fresh.PathOf("/var/lib/conductor/desired.json"));
        Assert.DoesNotContain((await world.MoveAsync(id)).PublicKey.Split(' ')[1], desired, StringComparison.Ordinal);
    }

    private static void Done(Said said) => Assert.True(said.Code == 0, said.Output + said.Errors);

    /// <summary>A control plane whose workers rest: what a vendor does is not what is tried here.</summary>
    public sealed class World : SpoqHost, IAsyncLifetime
    {
        private string _releases = "";

        protected override IEnumerable<string> Arguments => ["--Spoq:Roles=web", $"--Releases:Directory={_releases}"];

        async Task IAsyncLifetime.InitializeAsync()
        {
            if (DebianTree.Missing is null)
            {
                _releases = await Published.FolderAsync();
                await InitializeAsync();
            }
        }

        async Task IAsyncLifetime.DisposeAsync()
        {
            if (DebianTree.Missing is null)
            {
                await DisposeAsync();
            }
        }

        /// <summary>A server that was bought and has not called yet.</summary>
        internal async Task<(Guid Id, string Token)> OrderAsync()
        {
            await using var db = NewContext();
            var owner = new User { Id = Guid.CreateVersion7(), Email = "mover@example.com", UserName = "mover@example.com", NormalizedEmail = "MOVER@EXAMPLE.COM", NormalizedUserName = "MOVER@EXAMPLE.COM", EmailConfirmed = true, SecurityStamp = "", CreatedAt = DateTimeOffset.UtcNow };
            db.Users.Add(owner);
            var account = owner.Id;
            var token = ServerTokens.New();
            var instance = new Instance(Guid.CreateVersion7(), account, "mover", "mover.localhost", "alice", "vps-2", "frankfurt", "hostinger", DateTimeOffset.UtcNow);
            instance.ExpectPhoneHome(ServerTokens.Hash(token));
            instance.KeepHostKey(Services.GetRequiredService<SecretBox>().Seal(Encoding.ASCII.GetBytes(HostKey.New().Pem), HostKey.Purpose));
            db.Add(new Profile(Guid.CreateVersion7(), account, 1, "alice", DateTimeOffset.UtcNow));
            db.Add(instance);
            db.Add(new ProviderServer(Guid.CreateVersion7(), instance.Id, instance.ServerMark, instance.Provider, instance.Plan, DateTimeOffset.UtcNow));
            await db.SaveChangesAsync();
            await db.Database.ExecuteSqlAsync($"update instances set state = 'running', ready_at = now(), server_reference = 'old' where id = {instance.Id}");
            return (instance.Id, token);
        }

        internal async Task<DebianTree> InstalledAsync(Guid id, string token)
        {
            var tree = await DebianTree.StartAsync();
            await File.WriteAllTextAsync(tree.PathOf("/etc/hosts"), "127.0.0.1 localhost\n");
            await tree.BringInAsync(BaseUrl.Port);
            Done(await tree.RunAsync($"set -euo pipefail; export SPOQ_URL={BaseUrl.AbsoluteUri.TrimEnd('/')} SPOQ_INSTANCE={id} SPOQ_TOKEN={token}; {KitFixture.Fetch} | bash"));
            await KitFixture.ServeAsync(tree);
            return tree;
        }

        /// <summary>What an order for another size writes down; the one-time token of the server that was ordered then.</summary>
        internal async Task<string> BeginAsync(Guid id, string address)
        {
            await using (var db = NewContext())
            {
                var row = await db.Instances.SingleAsync(instance => instance.Id == id);
                var move = Services.GetRequiredService<ServerMoves>().New(row, address);
                Assert.Null(row.RequestMove("vps-4", move, DateTimeOffset.UtcNow));
                db.Add(move);
                await DesiredStates.AnnounceAsync(db, id, CancellationToken.None);
                await db.SaveChangesAsync();
            }

            var order = await Services.GetRequiredService<ServerLedger>().OpenAsync(Read(id), CancellationToken.None);
            return order!.ProvisioningToken;
        }

        internal async Task FinishAsync(Guid id) =>
            await Services.GetRequiredService<IEnumerable<IProvisioningStep>>().Single(step => step.Step == Step.FinishCopy).AttemptAsync(Read(id), CancellationToken.None);

        internal Instance Read(Guid id)
        {
            using var db = NewContext();
            return db.Instances.AsNoTracking().Single(instance => instance.Id == id);
        }

        internal async Task<ServerMove> MoveAsync(Guid id)
        {
            await using var db = NewContext();
            return await db.Set<ServerMove>().AsNoTracking().SingleAsync(move => move.InstanceId == id);
        }

        private SpoqDbContext NewContext() => Services.GetRequiredService<IDbContextFactory<SpoqDbContext>>().CreateDbContext();
    }
}
