using Microsoft.Playwright;
using Spoq.Tests.Instances.Kit;
using Spoq.Tests.Releases;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Stories;

using Shell = Spoq.Tests.Instances.Kit.Shell;

/// <summary>Somebody brings a server that they have: the page's command is run on a Debian system with a life of its own, and taken back.</summary>
public sealed class OwnServerStory : IDisposable
{
    private readonly string _keys = Directory.CreateTempSubdirectory("spoq-keys-").FullName;

    [DebianFact]
    public async Task Somebody_connects_a_server_of_their_own_and_takes_it_back()
    {
        var (conductorPort, sshPort) = (Loopback.FreePort(), Loopback.FreePort());
        await using var server = await SpoqServer.NewAsync(new Dictionary<string, string>
        {
            ["Releases__Directory"] = await Published.FolderAsync(),
            ["Byo__LoopbackPort"] = $"{conductorPort}",
            ["Byo__LoopbackSshPort"] = $"{sshPort}",
        });
        await using var tree = await DebianTree.StartPlainAsync();
        await SettleInAsync(tree);
        var before = await LookAsync(tree);
        await tree.BringInAsync(server.Port);
        await tree.BringOutAsync(4300, conductorPort);
        await tree.BringOutAsync(22, sshPort);
        var customer = await Customer.SignedUpAsync(server, 1280, ColorScheme.Light);

        var command = await BuyAsync(customer);
        var installed = await tree.RunAsync(command);

        Assert.True(installed.Code == 0, installed.Output + installed.Errors + (await tree.RunAsync("cat /var/log/spoq-install.log")).Output);
        Assert.EndsWith($"spoq: This server is {customer.AddressName}.localhost now. To take Spoq off it again: sudo spoq-detach\n", installed.Errors, StringComparison.Ordinal);
        await Expect(customer.Page.GetByText("Your server called from 127.0.0.1: Debian GNU/Linux 12 (bookworm)")).ToBeVisibleAsync();
        await ShotsAsync(customer, "own-server-2-called");
        await ServeAsync(tree, customer.AddressName);
        await customer.BecomesReadyAsync();

        // Its own host key is the one that is shown; its owner's ways in and sites are as they were.
        var fingerprint = (await tree.RunAsync("ssh-keygen -l -f /etc/ssh/ssh_host_ecdsa_key.pub")).Output.Split(' ')[1];
        await Expect(customer.Page.GetByText(fingerprint).First).ToBeVisibleAsync();
        await Eventually.TrueAsync(async () => (await SshAsync(tree, "laptop", customer.AddressName)).Output == $"{customer.AddressName}\n", "the device's key");
        Assert.Equal("root\n", (await SshAsync(tree, "owner", "root")).Output);
        Assert.Equal(255, (await SshAsync(tree, "laptop", "root")).Code);
        Assert.Equal("my own site", (await tree.RunAsync("curl -s http://127.0.0.1:8088/")).Output);
        Assert.Equal(0, (await tree.RunAsync(command)).Code);

        await DetachAsync(customer);
        await Eventually.TrueAsync(async () => (await SshAsync(tree, "laptop", customer.AddressName)).Code == 255, "the end of the device's key", TimeSpan.FromSeconds(60));
        var detached = await tree.RunAsync("spoq-detach");
        Assert.True(detached.Code == 0, detached.Output + detached.Errors);
        Assert.EndsWith("spoq-detach: Spoq is off this server.\n", detached.Output, StringComparison.Ordinal);
        Assert.Equal(before, await LookAsync(tree));
        Assert.Equal("", (await tree.RunAsync("grep -rlis 'spoq\\|conductor' /etc /usr/local /var/lib /run --include=* --exclude-dir=dpkg --exclude-dir=apt --exclude-dir=host | grep -v '^/etc/passwd-\\|^/etc/group-\\|^/etc/shadow-\\|^/etc/gshadow-\\|^/etc/sub' || true")).Output);
        Assert.Equal(customer.AddressName + "\n", (await tree.RunAsync($"stat -c %U /home/{customer.AddressName}")).Output);
        Assert.Equal("root\n", (await SshAsync(tree, "owner", "root")).Output);
        Assert.Empty(customer.Errors);
    }

    public void Dispose() => Directory.Delete(_keys, recursive: true);

    /// <summary>What was there before us: a way in for its owner, and a site.</summary>
    private async Task SettleInAsync(DebianTree tree)
    {
        await File.WriteAllTextAsync(tree.PathOf("/etc/hosts"), "127.0.0.1 localhost\n");
        await File.WriteAllTextAsync(tree.PathOf("/etc/caddy/Caddyfile"), ":8088 {\n\trespond \"my own site\"\n}\n");
        var key = await NewKeyAsync("owner");
        await tree.RunAsync($"install -d -m 700 /root/.ssh /run/sshd && printf '%s\\n' '{key}' >/root/.ssh/authorized_keys && chmod 600 /root/.ssh/authorized_keys");
    }

    /// <summary>Everything that we might change and that its owner would miss. For names below localhost Caddy has an authority of its own, which it makes known.</summary>
    private static async Task<string> LookAsync(DebianTree tree) => (await tree.RunAsync("""
        cd / && find etc/ssh etc/caddy etc/systemd/system etc/apt etc/profile.d etc/sudoers.d usr/local -type f ! -name 'Caddy_Local_Authority*' | sort | xargs sha256sum
        ls -d etc/spoq etc/conductor var/lib/conductor var/log/spoq-install.log 2>&1 | sed 's/.*: //' | sort | uniq -c
        getent group spoq conductor || true
        getent passwd spoq conductor root || true
        """)).Output;

    /// <summary>The wizard's way to the command.</summary>
    private async Task<string> BuyAsync(Customer customer)
    {
        await customer.ChooseAddressAsync();
        await customer.ChooseProfileAsync();
        await customer.PasteKeyAsync(await NewKeyAsync("laptop"), "My laptop");
        await customer.ContinueAsync();
        await customer.HeadingAsync("Choose plan and region");
        await customer.Page.GetByRole(AriaRole.Radio, new() { Name = "Your own server" }).CheckAsync();
        await Expect(customer.Page.GetByRole(AriaRole.Combobox, new() { Name = "Region" })).ToBeHiddenAsync();
        await ShotsAsync(customer, "own-server-0-plan");
        await customer.ContinueAsync();
        await customer.HeadingAsync("Pay");
        await customer.GoToCheckoutAsync();
        await customer.PressAsync("Pay");
        await customer.HeadingAsync("Connect your server");
        var section = customer.Page.GetByRole(AriaRole.Region, new() { Name = "Connect your server" });
        await Expect(section.GetByRole(AriaRole.Button, new() { Name = "Copy command" })).ToBeVisibleAsync();
        var first = await section.Locator("code").First.InnerTextAsync();
        await ShotsAsync(customer, "own-server-1-command");
        await section.GetByRole(AriaRole.Button, new() { Name = "Get a new command" }).ClickAsync();
        await Expect(section.Locator("code").First).Not.ToHaveTextAsync(first);
        var command = await section.Locator("code").First.InnerTextAsync();
        Assert.Matches(@"^curl -sSL 'http://localhost:\d+/own-server\?token=[0-9a-f]{64}' \| sudo bash$", command);
        return command;
    }

    private static async Task DetachAsync(Customer customer)
    {
        await customer.PressAsync("Go to dashboard");
        await customer.Page.WaitForURLAsync("**/dashboard");
        await customer.Page.LiveAsync();
        await Expect(customer.Page.GetByRole(AriaRole.Button, new() { Name = "Restart" })).ToHaveCountAsync(0);
        await ShotsAsync(customer, "own-server-4-dashboard");
        await customer.PressAsync("Detach");
        await customer.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Detach" }).ClickAsync();
        await Expect(customer.Page.GetByText("sudo spoq-detach")).ToBeVisibleAsync();
        await ShotsAsync(customer, "own-server-5-detaching");
    }

    /// <summary>Starts what systemd would start.</summary>
    private static async Task ServeAsync(DebianTree tree, string username)
    {
        Assert.Equal($"[Service]\nUser={username}\n", await File.ReadAllTextAsync(tree.PathOf("/etc/systemd/system/conductor.service.d/user.conf")));
        await tree.RunAsync($"install -d -m 0750 -o {username} -g spoq /run/conductor");
        tree.Serve("/usr/local/bin/conductor --config /etc/conductor/config.json", username);
        tree.Serve("caddy run --config /etc/caddy/Caddyfile --adapter caddyfile");
        tree.Serve("/usr/sbin/sshd -D -e");
    }

    private static async Task ShotsAsync(Customer customer, string name)
    {
        foreach (var (width, scheme) in new[] { (390, ColorScheme.Dark), (1280, ColorScheme.Dark), (390, ColorScheme.Light), (1280, ColorScheme.Light) })
        {
            await customer.Page.SetViewportSizeAsync(width, 844);
            await customer.Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await customer.Page.ShotAsync($"{name}-{width}-{scheme}".ToLowerInvariant());
        }
    }

    private async Task<string> NewKeyAsync(string name)
    {
        await Shell.CheckAsync($"ssh-keygen -q -t ed25519 -N '' -C {name} -f '{_keys}/{name}'");
        return (await File.ReadAllTextAsync($"{_keys}/{name}.pub")).Trim();
    }

    private Task<Said> SshAsync(DebianTree tree, string key, string user) =>
        Shell.RunAsync("ssh",
        [
            "-F", "none", "-o", $"ProxyCommand={tree.ProxyCommand(22)}", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
            "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=20", "-i", $"{_keys}/{key}", $"{user}@own", "id -un",
        ]);
}
