using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Kit;

/// <summary>What the command of a customer's own server finds before it says a word to anybody.</summary>
public sealed class ConnectTests
{
    private static readonly Guid s_instance = Guid.Parse("0198f000-0000-7000-8000-000000000001");

    [DebianFact]
    public async Task A_server_that_cannot_be_connected_is_told_why_and_nothing_is_put_on_it()
    {
        await using var tree = await DebianTree.StartPlainAsync();
        await File.WriteAllTextAsync(tree.PathOf("/etc/hosts"), "127.0.0.1 localhost\n");
        await File.WriteAllTextAsync(tree.PathOf("/tmp/connect.sh"), ServerKit.ConnectScript(new Uri("http://localhost:9"), s_instance, "alice.spoq.dev", new string('0', 64)));
        await tree.RunAsync("adduser --disabled-password --gecos '' bob");

        Assert.Equal("spoq: Run this as root: put sudo before bash.\n", (await ConnectAsync(tree, "bob")).Errors);
        Assert.Equal("spoq: \"--force\" is no option of this command.\n", (await ConnectAsync(tree, "root", "--force")).Errors);

        var release = await File.ReadAllTextAsync(tree.PathOf("/etc/os-release"));
        await File.WriteAllTextAsync(tree.PathOf("/etc/os-release"), "PRETTY_NAME=\"Debian GNU/Linux 11 (bullseye)\"\nID=debian\nVERSION_ID=\"11\"\n");
        Assert.Equal("spoq: This is Debian GNU/Linux 11 (bullseye), which is too old. Spoq runs on Debian 12, Ubuntu 22.04, and newer ones of both.\n", (await ConnectAsync(tree)).Errors);
        await File.WriteAllTextAsync(tree.PathOf("/etc/os-release"), "PRETTY_NAME=\"Fedora Linux 42\"\nID=fedora\nVERSION_ID=42\n");
        Assert.Equal("spoq: This is Fedora Linux 42. Spoq runs on Debian 12, Ubuntu 22.04, and newer ones of both.\n", (await ConnectAsync(tree)).Errors);
        await File.WriteAllTextAsync(tree.PathOf("/etc/os-release"), release);

        Directory.CreateDirectory(tree.PathOf("/etc/spoq"));
        await File.WriteAllTextAsync(tree.PathOf("/etc/spoq/vps.marker"), "instance=0198f000-0000-7000-8000-000000000002\nhostname=bob.spoq.dev\n");
        var taken = await ConnectAsync(tree);
        Assert.Equal("spoq: This server is a Spoq computer already: bob.spoq.dev. To make it alice.spoq.dev instead, put this at the end of the command: -s -- --adopt\n", taken.Errors);
        Assert.Equal(1, taken.Code);

        // Asked to, it goes on, to the next thing that is in the way.
        tree.Listen(443);
        await Eventually.TrueAsync(async () => (await tree.RunAsync("exec 5<>/dev/tcp/127.0.0.1/443")).Code == 0, "another web server");
        var adopted = await ConnectAsync(tree, "root", "--adopt");
        Assert.StartsWith("spoq: It was bob.spoq.dev until now.\nspoq: Another program answers on port 443", adopted.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(tree.PathOf("/usr/local/bin/conductor")));
        Assert.False(File.Exists(tree.PathOf("/etc/spoq/machine.key")));
    }

    [DebianFact]
    public async Task A_control_plane_that_cannot_be_reached_is_named()
    {
        await using var tree = await DebianTree.StartPlainAsync();
        await File.WriteAllTextAsync(tree.PathOf("/etc/hosts"), "127.0.0.1 localhost\n");
        await File.WriteAllTextAsync(tree.PathOf("/tmp/connect.sh"), ServerKit.ConnectScript(new Uri("http://nobody.invalid"), s_instance, "alice.spoq.dev", new string('0', 64)));

        var said = await ConnectAsync(tree);

        Assert.Equal((1, "spoq: http://nobody.invalid cannot be reached from here.\n"), (said.Code, said.Errors));
        Assert.Equal("600 root 64\n", (await tree.RunAsync("stat -c '%a %U %s' /etc/spoq/machine.key")).Output);
    }

    [DebianFact]
    public async Task Detaching_what_was_never_connected_does_nothing()
    {
        await using var tree = await DebianTree.StartPlainAsync();
        File.Copy(Path.Combine(Repository.Root, "deploy", "instance", "own", "spoq-detach"), tree.PathOf("/usr/local/sbin/spoq-detach"));

        Assert.Equal((0, "spoq-detach: Spoq is not on this server.\n"), await SaidAsync(tree));
        Directory.CreateDirectory(tree.PathOf("/etc/spoq"));
        Assert.Equal(2, (await tree.RunAsync("spoq-detach")).Code);
        Assert.True(File.Exists(tree.PathOf("/usr/local/sbin/spoq-detach")));
    }

    private static async Task<(int Code, string Output)> SaidAsync(DebianTree tree)
    {
        var said = await tree.RunAsync("spoq-detach");
        return (said.Code, said.Output);
    }

    private static Task<Said> ConnectAsync(DebianTree tree, string user = "root", string option = "") => tree.RunAsync($"bash -s -- {option} </tmp/connect.sh", user);
}
