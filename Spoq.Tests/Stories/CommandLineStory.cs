using Spoq.Tests.Cli;
using Spoq.Tests.Support;

namespace Spoq.Tests.Stories;

/// <summary>A person installs nothing but <c>spoq</c>: they sign in with their browser and talk to their computer.</summary>
public sealed class CommandLineStory(StoryServer fixture) : IClassFixture<StoryServer>
{
    [Fact]
    public async Task Signed_in_at_the_browser_that_opens_they_ask_run_and_pipe()
    {
        var errors = new List<string>();
        var customer = new Customer(await Browser.NewPageAsync(errors), fixture.Server);
        await customer.GetComputerAsync();
        using var cli = new SpoqCli(fixture.Server.BaseUrl);
        var opened = Path.Combine(cli.Folder, "opened");
        var browser = Path.Combine(cli.Folder, "browser");
        await File.WriteAllTextAsync(browser, $"#!/bin/sh\nprintf %s \"$1\" > '{opened}.part'; mv '{opened}.part' '{opened}'\n");
        File.SetUnixFileMode(browser, (UnixFileMode)0b111_101_101);
        cli["SPOQ_BROWSER"] = browser;

        using var init = cli.Start("init");
        init.StandardInput.Close();
        await Eventually.TrueAsync(() => File.Exists(opened), "the browser to open");
        await customer.Page.GotoAsync(await File.ReadAllTextAsync(opened));
        await customer.HeadingAsync("Let this device in?");
        await customer.Page.ShotAsync("cli-init-light-1280");
        await customer.PressAsync("Approve");
        await customer.HeadingAsync("Device approved");
        var signedIn = await SpoqCli.EndAsync(init);

        Assert.Equal(0, signedIn.ExitCode);
        Assert.StartsWith($"Signed in as {customer.Email}. Your computer is {customer.AddressName}.localhost.", signedIn.Output, StringComparison.Ordinal);
        Assert.Equal(new Printed(0, "explain this", ""), await cli.RunAsync("ask", "explain this"));
        Assert.Equal(new Printed(0, "42", ""), await cli.RunAsync("run", "echo $((6*7))"));
        Assert.Equal("hello\n/tool run {}", (await cli.PipeAsync("hello\n /tool run {}", "ask")).Output.Replace("\n ", "\n", StringComparison.Ordinal));
        var acted = await cli.RunAsync("ask", "--approve", "auto", "--json", "/tool write {\"path\":\"a.txt\",\"content\":\"made by the agent\"}");
        Assert.True(acted.ExitCode == 0, acted.Errors);
        Assert.Equal(new Printed(0, "made by the agent", ""), await cli.RunAsync("run", "cat a.txt"));
        Assert.Empty(errors);
    }
}
