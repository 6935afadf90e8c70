using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Devices;
using Spoq.Infrastructure.Devices;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Kit;

/// <summary>A server that takes another's place: two Debian systems with a cable between them, and OpenSSH's own client and server.</summary>
public sealed class MoveTests(KitFixture fixture) : IClassFixture<KitFixture>
{
    private const string OldAddress = "10.77.0.1";

    /// <summary>An owner's things: whatever a file can be, people of their own, noise where a program reads.</summary>
    private const string Things = """
        set -euo pipefail
        useradd --create-home --shell /bin/bash bob; useradd --create-home --shell /bin/sh carol; groupadd --gid 1500 developers
        printf 'bob:for bob\n' | chpasswd; usermod --append --groups developers alice; usermod --append --groups developers,adm bob
        cd /home/alice
        printf 'echo noise; printf more\n' >.new; cat .bashrc >>.new; mv .new .bashrc; rm .profile
        echo one >$'new\nline'; echo two >$'latin-\xe9'; echo three >'  space *?[x]\y'; echo four >-rf; echo hard >first; ln first second
        ln -s /etc/passwd absolute; ln -s nowhere dangling; ln -s ../../etc outside; mkfifo fifo; mkdir -p deep/er; chmod 700 deep; echo same >deep/er/size
        printf '#!/bin/sh\n' >setuid; truncate -s 40M sparse; echo end >>sparse; head -c 30000000 /dev/urandom >big
        chown -R --no-dereference alice:spoq .; chgrp developers first; chmod 4755 setuid; chmod 0604 big; chown bob:developers deep/er/size
        touch -d '2020-01-02 03:04:05.678' first; touch -d '2021-01-01 00:00:00.1' deep/er/size; touch -h -d '2019-01-01' dangling
        mkdir -p /srv/www /opt/tool /var/spool/cron/crontabs /var/lib/caddy/.local/share/caddy/certificates /root/.ssh
        echo page >/srv/www/index.html; chown bob /srv/www/index.html; echo tool >/opt/tool/it; echo mine >/usr/local/bin/mine; chmod 755 /usr/local/bin/mine
        echo certificate >/var/lib/caddy/.local/share/caddy/certificates/one; chown -R caddy:caddy /var/lib/caddy
        printf 'http://other.localhost {\n\trespond "other"\n}\n' >/etc/caddy/sites/other.caddy
        echo '* * * * * true' >/var/spool/cron/crontabs/alice; echo previous >/usr/local/bin/conductor.previous
        echo note >/root/note; echo key >/root/.ssh/authorized_keys; touch /srv/alice; chown alice /srv/alice
        mkdir -p /tmp/extra/DEBIAN; printf 'Package: extra-tool\nVersion: 1\nArchitecture: all\nMaintainer: a\nDescription: a\n' >/tmp/extra/DEBIAN/control
        dpkg-deb --build /tmp/extra /tmp/extra.deb >/dev/null; dpkg --install /tmp/extra.deb >/dev/null
        install -d -o alice /var/lib/conductor/sessions /var/lib/conductor/workspace
        runuser -u alice -- sh -c 'echo said >/var/lib/conductor/sessions/one.jsonl; echo made >/var/lib/conductor/workspace/made'
        """;

    /// <summary>Everything that is the move's, as far as it is to be the same on both sides. For names of this machine Caddy puts an authority of its own there.</summary>
    private const string Inventory = """
        cd /; places='home srv opt/tool usr/local etc/caddy/sites var/lib/conductor/sessions var/lib/conductor/workspace var/spool/cron/crontabs root/note'
        ours='( -path usr/local/bin/conductor* -o -path usr/local/bin/spoq -o -path usr/local/lib/spoq* -o -path usr/local/sbin/spoq-* -o -path home/ubuntu* -o -path usr/local/share/ca-certificates* )'
        set -f; { find $places ! $ours -printf '%p %y %M %u:%g %T@ %l' \( -type d -printf '\n' -o -printf ' %n %s\n' \); find $places ! $ours -type f -exec sha256sum {} +; } | sort
        """;

    /// <summary>What a server keeps of its own.</summary>
    private const string Own = "sha256sum /usr/local/bin/conductor /usr/local/bin/spoq /usr/local/sbin/spoq-move /etc/conductor/config.json /etc/ssh/ssh_host_* /etc/passwd.own /opt/provider /var/lib/conductor/instance_token.json; ls /home/ubuntu";

    [DebianFact]
    public async Task A_server_that_takes_anothers_place_has_all_that_was_its_owners()
    {
        using var key = new MoveKey();
        var (before, after) = (await fixture.OrderAsync("before"), await fixture.OrderAsync("after"));
        await LetInAsync(before, key.Public);
        await using var old = await fixture.ReachableTreeAsync();
        await using var fresh = await fixture.ReachableTreeAsync();
        await ConnectAsync(old, fresh);
        Done(await fixture.InstallAsync(old, before));
        Done(await old.RunAsync(Things));
        await KitFixture.ServeAsync(old);
        await Eventually.TrueAsync(() => File.Exists(old.PathOf("/var/lib/conductor/desired.json")), "who is let in on the old server");
        await using var desk = new MoveDesk(fixture.Server.BaseUrl, () => TokenOf(fresh), SettingsOf(OldAddress, key, await HostKeyAsync(old)));
        await fresh.BringInAsync(desk.Root.Port);

        Done(await InstallAsync(fresh, after, desk));

        // Another image: a number that is bob's there is somebody else's here.
        Done(await fresh.RunAsync("useradd --create-home --uid 1002 ubuntu; echo provider >/opt/provider; echo own >/etc/passwd.own"));
        Assert.Equal("700 600 600 600\n", (await fresh.RunAsync("cd /etc/spoq/move; echo $(stat -c %a . key known_hosts settings)")).Output);
        Assert.Equal("755\n", (await fresh.RunAsync("stat -c %a /usr/local/sbin/spoq-move")).Output);
        await KitFixture.ServeAsync(fresh);
        await Eventually.TrueAsync(() => TokenOf(fresh) is not null, "the Conductor's first call home");
        var own = await fresh.RunAsync(Own);
        Done(own);

        // A disk that is too small, then a larger one, then everything ended in the middle.
        Done(await fresh.RunAsync("mount -t tmpfs -o size=12m,mode=755 small /home/alice"));
        Start(fresh);
        await Eventually.TrueAsync(() => desk.Heard("failed"), "the full disk");
        Assert.StartsWith("The disk of the new server is full.", desk.Reports[^1].Text, StringComparison.Ordinal);
        await KillAsync(fresh);
        Done(await fresh.RunAsync("umount /home/alice"));
        var heard = desk.Reports.Count;
        Start(fresh);
        await Eventually.TrueAsync(() => desk.Reports.Skip(heard).Any(report => report.Text.EndsWith('%')), "the first progress");
        await KillAsync(fresh);
        Assert.False(desk.Heard("copied"));

        var moving = Start(fresh);
        await Eventually.TrueAsync(() => desk.Heard("copied"), "the first copy", TimeSpan.FromSeconds(60));
        Assert.Contains(desk.Reports, report => report.State == "copying" && report.Text.EndsWith('%') && report.Text.Contains("MB, ", StringComparison.Ordinal));
        Assert.False(Directory.Exists(fresh.PathOf("/var/spool/cron/crontabs")));
        await AssertPeopleAsync(old, fresh);

        // What is still done there.
        Done(await old.RunAsync("""
            cd /home/alice; rm second -- -rf; echo more >>.bashrc; mv deep/er deep/est; printf 'SAME\n' >deep/est/size; touch -d '2021-01-01 00:00:00.2' deep/est/size
            rm -r /opt/tool/it; echo new >/srv/www/new; chmod 600 /srv/www/index.html; chown carol /srv/alice; echo more >>/var/lib/conductor/sessions/one.jsonl
            """));
        old.Serve("sleep 1000", "bob");
        await Eventually.TrueAsync(async () => (await RunningAsync(old)).Contains("sleep", StringComparison.Ordinal), "somebody's program");
        Assert.Contains("conductor", await RunningAsync(old), StringComparison.Ordinal);
        desk.Word = "finish";
        await moving.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(0, moving.ExitCode);
        await Eventually.TrueAsync(async () => (await RunningAsync(old)).Length == 0, "the end of what people ran, and of our own session");
        Assert.Equal((await old.RunAsync(Inventory)).Output, (await fresh.RunAsync(Inventory)).Output);
        Assert.Equal(own.Output, (await fresh.RunAsync(Own)).Output);
        Assert.Equal("note\ncertificate\n", (await fresh.RunAsync("cat /root/note /var/lib/caddy/.local/share/caddy/certificates/one")).Output);
        Assert.Equal("extra-tool\n", (await fresh.RunAsync("cat /root/packages-of-before.txt")).Output);
        Assert.Equal("", (await fresh.RunAsync("ls -d /root/.ssh/authorized_keys /usr/local/bin/conductor.previous /etc/spoq/move /home/alice/.profile 2>/dev/null")).Output);
        Assert.True((await fresh.RunAsync("test $(du -k /home/alice/sparse | cut -f 1) -lt 1000")).Code == 0, "The sparse file is not sparse.");
        Assert.Equal("moved", desk.Reports[^1].State);
        Assert.Equal(["failed", "copied", "moved"], desk.Reports.Where(report => report.State != "copying").Select(report => report.State));
        Assert.Empty(desk.Complaints);
        Assert.DoesNotContain("PRIVATE", (await fresh.RunAsync("cat /var/log/spoq-*.log")).Output, StringComparison.Ordinal);
    }

    [DebianFact]
    public async Task From_a_server_with_another_host_key_nothing_is_copied_and_the_end_of_a_move_leaves_nothing()
    {
        using var key = new MoveKey();
        var server = await fixture.OrderAsync("doubtful");
        await using var tree = await fixture.ReachableTreeAsync();
        await using var desk = new MoveDesk(fixture.Server.BaseUrl, () => TokenOf(tree), SettingsOf("127.0.0.1", key, key.Public));
        await tree.BringInAsync(desk.Root.Port);
        Done(await InstallAsync(tree, server, desk));
        tree.Serve("/usr/sbin/sshd -D -e");
        await File.WriteAllTextAsync(tree.PathOf("/var/lib/conductor/instance_token.json"), """{"for":"00","instance_token":"it-Ab_1.2~3"}""");
        var look = "find /home /root /srv /opt /usr/local /var/spool /var/lib/conductor | sort; cat /etc/passwd";
        var before = (await tree.RunAsync(look)).Output;

        var moving = Start(tree);
        await Eventually.TrueAsync(() => desk.Heard("failed"), "the word of failure");
        Assert.Equal(["The server before this one cannot be reached: Host key verification failed."], desk.Reports.Select(report => report.Text).Distinct());
        desk.Word = "404";
        await moving.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(0, moving.ExitCode);
        Assert.Equal(before, (await tree.RunAsync(look)).Output);
        Assert.Equal("", (await tree.RunAsync("ls -d /etc/spoq/move* 2>/dev/null")).Output);
        Assert.Empty(desk.Complaints);

        // Nothing to do is done at once.
        Assert.Equal(0, (await tree.RunAsync("/usr/local/sbin/spoq-move")).Code);
    }

    private static async Task AssertPeopleAsync(DebianTree old, DebianTree fresh)
    {
        const string People = "id -Gn bob; grep ^bob: /etc/shadow | cut -d: -f2; getent passwd bob | cut -d: -f6,7; getent passwd carol; id -Gn alice; getent group developers";
        var there = await old.RunAsync(People);
        Done(there);
        Assert.Equal(there.Output, (await fresh.RunAsync(People)).Output);
        Assert.NotEqual((await old.RunAsync("id -u bob")).Output, (await fresh.RunAsync("id -u bob")).Output);
    }

    private static Process Start(DebianTree tree) => tree.Serve("env SPOQ_MOVE_PAUSE=1 /usr/local/sbin/spoq-move");

    /// <summary>As systemd ends a unit that does not: all of it at once.</summary>
    private static async Task KillAsync(DebianTree tree)
    {
        await tree.RunAsync("pkill -KILL -f '[s]poq-move'");
        await Eventually.TrueAsync(async () => (await tree.RunAsync("pgrep -f '[s]poq-move'")).Code != 0, "the end of the move");
    }

    /// <summary>Programs of people, without ours who asks.</summary>
    private static async Task<string> RunningAsync(DebianTree tree) => (await tree.RunAsync("pgrep --list-name --uid alice,bob,carol --runstates RSDT")).Output;

    /// <summary>A cable between two systems.</summary>
    private static async Task ConnectAsync(DebianTree old, DebianTree fresh) => await Shell.CheckAsync($"""
        ip link add spoq-a netns {old.Init} type veth peer name spoq-b netns {fresh.Init}
        nsenter --target {old.Init} --net sh -c 'ip addr add {OldAddress}/24 dev spoq-a; ip link set spoq-a up'
        nsenter --target {fresh.Init} --net sh -c 'ip addr add 10.77.0.2/24 dev spoq-b; ip link set spoq-b up'
        """);

    private static Task<Said> InstallAsync(DebianTree tree, OrderedServer server, MoveDesk desk) =>
        tree.RunAsync($"set -euo pipefail; export SPOQ_URL={desk.Root.AbsoluteUri.TrimEnd('/')} SPOQ_INSTANCE={server.Id} SPOQ_TOKEN={server.Token}; {KitFixture.Fetch} | bash");

    private static void Done(Said said) => Assert.True(said.Code == 0, said.Output + said.Errors);

    private static async Task<string> HostKeyAsync(DebianTree tree) => await File.ReadAllTextAsync(tree.PathOf("/etc/ssh/ssh_host_ecdsa_key.pub"));

    private static string SettingsOf(string address, MoveKey key, string hostKey) =>
        $"move_from={address}\nmove_user=alice\nmove_key={Base64(key.Private)}\nmove_host_key={Base64(hostKey)}\n";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private static string? TokenOf(DebianTree tree)
    {
        var file = tree.PathOf("/var/lib/conductor/instance_token.json");
        return File.Exists(file) ? JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("instance_token").GetString() : null;
    }

    /// <summary>Before its Conductor first asks who is let in.</summary>
    private async Task LetInAsync(OrderedServer server, string publicKey)
    {
        await using var db = fixture.NewContext();
        var profile = await db.Set<Profile>().SingleAsync(row => row.AccountId == server.AccountId);
        var added = await fixture.Get<DeviceService>().AddKeyAsync(server.AccountId, profile.Id, publicKey, "move", CancellationToken.None);
        Assert.True(added.Try(out _, out var refusal), refusal?.Message);
    }

    /// <summary>Made by ssh-keygen as the control plane's own are: PEM.</summary>
    private sealed class MoveKey : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("spoq-move-key-").FullName;

        public MoveKey() => Shell.CheckAsync($"ssh-keygen -q -t ecdsa -m PEM -N '' -C move -f '{File("key")}'").GetAwaiter().GetResult();

        public string Private => System.IO.File.ReadAllText(File("key"));

        public string Public => System.IO.File.ReadAllText(File("key.pub")).Trim();

        public void Dispose() => Directory.Delete(_folder, recursive: true);

        private string File(string name) => Path.Combine(_folder, name);
    }
}
