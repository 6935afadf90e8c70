using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Devices;
using Spoq.Infrastructure.Devices;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Kit;

/// <summary>OpenSSH's own client and server, on a computer that the kit made.</summary>
public sealed class SshTests(KitFixture fixture) : IClassFixture<KitFixture>
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(5);

    [DebianFact]
    public async Task A_device_gets_in_until_it_is_removed_and_nobody_else_does()
    {
        var server = await fixture.OrderAsync("shell");
        await using var tree = await fixture.ReachableTreeAsync();
        var installed = await fixture.InstallAsync(tree, server);
        Assert.True(installed.Code == 0, installed.Errors);
        using var keys = new Keys();
        var device = await AddAsync(server, await keys.NewAsync("laptop"));
        await keys.NewAsync("stranger");
        await KitFixture.ServeAsync(tree);
        await ReachAsync(tree, server);

        await Eventually.TrueAsync(async () => (await SshAsync(tree, keys, "laptop", "alice")).Output == "alice\n", "the device's key");
        Assert.Equal("alice\n", (await SshAsync(tree, keys, "laptop", "alice", "spoq run 'id -un'")).Output);
        await AssertRefusedAsync(tree, keys, "stranger", "alice");
        await AssertRefusedAsync(tree, keys, "laptop", "root");
        await AssertRefusedAsync(tree, keys, "laptop", "conductor");
        var byPassword = await SshAsync(tree, keys, "laptop", "alice", "id -un", "-o", "PubkeyAuthentication=no", "-o", "PreferredAuthentications=password,keyboard-interactive");
        Assert.Contains("Permission denied (publickey).", byPassword.Errors, StringComparison.Ordinal);

        // What somebody puts into their own home lets nobody in past the dashboard.
        await tree.RunAsync($"install -d -m 700 ~/.ssh && printf '%s\\n' '{await keys.PublicAsync("stranger")}' >~/.ssh/authorized_keys", "alice");
        await AssertRefusedAsync(tree, keys, "stranger", "alice");

        var devices = new Stack<(string Key, Guid Id)>([("laptop", device)]);
        await Promise.KeptAsync(s_soon, "The end of a removed device's key", async () =>
        {
            if (!devices.TryPop(out var one))
            {
                var key = $"laptop-{Guid.NewGuid():n}";
                one = (key, await AddAsync(server, await keys.NewAsync(key)));
                await Eventually.TrueAsync(async () => (await SshAsync(tree, keys, key, "alice")).Code == 0, "another device to be let in");
            }

            var watch = Stopwatch.StartNew();
            Assert.Null(await fixture.Get<DeviceService>().RemoveAsync(server.AccountId, one.Id, CancellationToken.None));
            await Eventually.TrueAsync(async () => (await SshAsync(tree, keys, one.Key, "alice")).Code != 0, "the end of a removed device's key");
            return watch.Elapsed;
        });
    }

    private async Task<Guid> AddAsync(OrderedServer server, string publicKey)
    {
        await using var db = fixture.NewContext();
        var profile = await db.Set<Profile>().SingleAsync(row => row.AccountId == server.AccountId);
        var added = await fixture.Get<DeviceService>().AddKeyAsync(server.AccountId, profile.Id, publicKey, "laptop", CancellationToken.None);
        return added.Try(out var device, out var refusal) ? device.Id : throw new InvalidOperationException(refusal.Message);
    }

    /// <summary>The way by which the control plane tells it of changes.</summary>
    private async Task ReachAsync(DebianTree tree, OrderedServer server)
    {
        var endpoint = $"http://127.0.0.1:{await tree.BringOutAsync(4300)}";
        await using var db = fixture.NewContext();
        await db.Database.ExecuteSqlAsync($"update instances set endpoint = {endpoint} where id = {server.Id}");
    }

    private static async Task AssertRefusedAsync(DebianTree tree, Keys keys, string key, string user)
    {
        var said = await SshAsync(tree, keys, key, user);
        Assert.Equal(255, said.Code);
        Assert.Contains("Permission denied (publickey).", said.Errors, StringComparison.Ordinal);
    }

    private static Task<Said> SshAsync(DebianTree tree, Keys keys, string key, string user, string command = "id -un", params string[] options) =>
        Shell.RunAsync("ssh",
        [
            "-F", "none", "-o", $"ProxyCommand={tree.ProxyCommand(22)}", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
            "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=20", "-i", keys.PathOf(key), .. options, $"{user}@shell", command,
        ]);

    /// <summary>Made by ssh-keygen, gone with the test.</summary>
    private sealed class Keys : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("spoq-keys-").FullName;

        public string PathOf(string name) => Path.Combine(_folder, name);

        public async Task<string> NewAsync(string name)
        {
            await Shell.CheckAsync($"ssh-keygen -q -t ed25519 -N '' -C {name} -f '{PathOf(name)}'");
            return await PublicAsync(name);
        }

        public async Task<string> PublicAsync(string name) => (await File.ReadAllTextAsync(PathOf(name) + ".pub")).Trim();

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
