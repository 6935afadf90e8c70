using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Kit;

/// <summary>The script that makes a server ours, run for real in a Debian system.</summary>
public sealed class InstallTests(KitFixture fixture) : IClassFixture<KitFixture>
{
    [DebianFact]
    public async Task One_line_makes_a_debian_system_a_computer_that_serves_its_owner()
    {
        var server = await fixture.OrderAsync("kit");
        await using var tree = await fixture.ReachableTreeAsync();

        var first = await fixture.InstallAsync(tree, server);

        Assert.True(first.Code == 0, first.Errors + await LogAsync(tree));
        Assert.Equal("", first.Output + first.Errors);
        Assert.Equal(
            ["System packages are installed.", "Users and SSH are set up.", "The Conductor is installed.", "The web server is set up.", "The firewall is up."],
            await fixture.StoryAsync(server));
        Assert.DoesNotContain(server.Token, await LogAsync(tree), StringComparison.Ordinal);

        var before = await LookAsync(tree);
        Assert.Equal(0, (await fixture.InstallAsync(tree, server)).Code);
        Assert.Equal(before, await LookAsync(tree));

        await KitFixture.ServeAsync(tree);
        await Eventually.TrueAsync(async () => (await fixture.ReadAsync(server)).LastHeartbeatAt is not null, "the Conductor's heartbeat");
        Assert.Equal(ServerKitVersion, (await fixture.ReadAsync(server)).ConductorVersion);

        var mine = await tree.RunAsync("spoq status", "alice");
        Assert.True(mine.Code == 0, mine.Output + mine.Errors);
        Assert.Contains("kit.localhost", mine.Output, StringComparison.Ordinal);
        Assert.Equal("alice\n", (await tree.RunAsync("spoq run 'id -un'", "alice")).Output);
        Assert.NotEqual(0, (await tree.RunAsync("spoq status", "nobody")).Code);

        // What the Conductor was told is for its own user and root.
        Assert.Equal("400 alice\n", (await tree.RunAsync("stat -c '%a %U' /etc/conductor/config.json")).Output);
        Assert.Equal("0\n", (await tree.RunAsync("sudo -n id -u", "alice")).Output);
        await Eventually.TrueAsync(
            async () => (await tree.RunAsync("curl -sk --resolve kit.localhost:443:127.0.0.1 https://kit.localhost/health")).Output.Contains("\"status\":\"ok\"", StringComparison.Ordinal),
            "the Conductor behind TLS");
    }

    [Fact]
    public async Task The_scripts_of_servers_have_nothing_that_shellcheck_minds()
    {
        var kit = Path.Combine(Repository.Root, "deploy");
        var scripts = Directory.EnumerateFiles(kit, "*", SearchOption.AllDirectories).Where(file => File.ReadLines(file).FirstOrDefault()?.StartsWith("#!", StringComparison.Ordinal) == true).ToList();

        var checkedOver = await Shell.RunAsync("shellcheck", scripts);

        Assert.Contains(scripts, script => script.EndsWith("install.sh", StringComparison.Ordinal));
        Assert.True(checkedOver.Code == 0, checkedOver.Output);
    }

    [Fact]
    public async Task The_units_are_understood_by_systemd()
    {
        var folder = Directory.CreateTempSubdirectory("spoq-units-").FullName;
        var units = new List<string>();
        foreach (var unit in Directory.GetFiles(Path.Combine(Repository.Root, "deploy", "instance", "root", "etc", "systemd", "system")))
        {
            // What they start is not installed on this machine; everything else stays as it is.
            var text = await File.ReadAllTextAsync(unit);
            units.Add(Path.Combine(folder, Path.GetFileName(unit)));
            await File.WriteAllTextAsync(units[^1], text.Replace("=/usr/local/bin/conductor", "=/bin/true", StringComparison.Ordinal).Replace("=/usr/sbin/nft", "=/bin/true", StringComparison.Ordinal).Replace("=/usr/local/sbin/spoq-move", "=/bin/true", StringComparison.Ordinal));
        }

        var verified = await Shell.RunAsync("systemd-analyze", ["verify", "--man=no", .. units]);

        Assert.Equal(5, units.Count);
        Assert.DoesNotContain(verified.Errors.Split('\n'), line => units.Any(unit => line.Contains(Path.GetFileName(unit), StringComparison.Ordinal)));
        Directory.Delete(folder, recursive: true);
    }

    [DebianFact]
    public async Task A_binary_with_another_checksum_is_not_installed_and_the_owner_reads_why()
    {
        var server = await fixture.OrderAsync("damaged");
        await using var tree = await fixture.ReachableTreeAsync();

        // What passes the checksum's eyes is not what was published.
        await File.WriteAllTextAsync(tree.PathOf("/usr/local/bin/sha256sum"), "#!/bin/sh\ncat >/dev/null\nexit 1\n");
        await Shell.CheckAsync($"chmod 755 '{tree.PathOf("/usr/local/bin/sha256sum")}'");

        var said = await fixture.InstallAsync(tree, server);

        Assert.True(said.Code == 1, await LogAsync(tree));
        Assert.Contains("failed in stage \"conductor\"; /var/log/spoq-install.log says why.", said.Errors, StringComparison.Ordinal);
        var last = (await fixture.StoryAsync(server))[^1];
        Assert.Contains("The checksum of conductor is wrong.", last, StringComparison.Ordinal);
        Assert.False(File.Exists(tree.PathOf("/usr/local/bin/conductor")));
        Assert.False(File.Exists(tree.PathOf("/usr/local/bin/conductor.new")));
    }

    [DebianFact]
    public async Task A_script_that_was_cut_off_anywhere_does_nothing()
    {
        var server = await fixture.OrderAsync("cut");
        await using var tree = await fixture.ReachableTreeAsync();
        var script = (await tree.RunAsync($"{fixture.Environment(server)}; {KitFixture.Fetch}")).Output;
        Assert.Contains("PAYLOAD='H4sI", script, StringComparison.Ordinal);
        var end = script.LastIndexOf("main", StringComparison.Ordinal);

        for (var length = end; length > 0; length -= length > end - 3 ? 1 : 2999)
        {
            await File.WriteAllTextAsync(tree.PathOf("/tmp/cut.sh"), script[..length]);
            await tree.RunAsync($"{fixture.Environment(server)}; bash < /tmp/cut.sh");
        }

        Assert.False(File.Exists(tree.PathOf("/var/log/spoq-install.log")));
        Assert.Empty(await fixture.StoryAsync(server));
    }

    [DebianFact]
    public async Task The_firewall_lets_in_ssh_and_the_web_and_nothing_else()
    {
        await using var tree = await DebianTree.StartAsync();
        var loaded = await tree.RunAsync("nft --file /etc/spoq/firewall.nft && nft --file /etc/spoq/firewall.nft");
        Assert.True(loaded.Code == 0, loaded.Errors);

        // Another machine: a namespace of its own with a cable between them.
        await using var other = await DebianTree.StartAsync();
        await Shell.CheckAsync($"""
            ip link add spoq-a netns {tree.Init} type veth peer name spoq-b netns {other.Init}
            nsenter --target {tree.Init} --net sh -c 'ip addr add 10.77.0.1/24 dev spoq-a; ip link set spoq-a up'
            nsenter --target {other.Init} --net sh -c 'ip addr add 10.77.0.2/24 dev spoq-b; ip link set spoq-b up'
            """);
        foreach (var port in (int[])[22, 80, 443, 4300, 8080])
        {
            tree.Listen(port);
        }

        foreach (var (port, open) in ((int, bool)[])[(22, true), (80, true), (443, true), (4300, false), (8080, false)])
        {
            var within = open ? 20 : 2;
            var reached = await other.RunAsync($"timeout {within} bash -c 'until exec 5<>/dev/tcp/10.77.0.1/{port}; do :; done' 2>/dev/null");
            Assert.True(open == (reached.Code == 0), $"Port {port} is {(open ? "closed" : "open")}.");
        }
    }

    private static string ServerKitVersion => typeof(Spoq.Core.Wire.PhoneHome).Assembly.GetName().Version!.ToString(3);

    private static async Task<string> LogAsync(DebianTree tree) => (await tree.RunAsync("cat /var/log/spoq-install.log")).Output;

    /// <summary>What stands where, with whose rights.</summary>
    private static async Task<string> LookAsync(DebianTree tree) =>
        (await tree.RunAsync("find /etc /usr/local /home /var/lib/conductor -type f -printf '%p %m %u:%g ' -exec sha256sum {} ';' | grep -v -- '-$\\|/etc/passwd- \\|/etc/group- \\|shadow- ' | sort")).Output;
}
