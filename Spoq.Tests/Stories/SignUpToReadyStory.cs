using Microsoft.Playwright;
using Spoq.Tests.Releases;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Stories;

/// <summary>The main job: from a stranger to a computer that answers and runs commands.</summary>
public sealed class SignUpToReadyStory(SignUpToReadyStory.ServerWithReleases fixture) : IClassFixture<SignUpToReadyStory.ServerWithReleases>
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task A_stranger_signs_up_pays_and_uses_their_computer(int width, ColorScheme scheme)
    {
        var errors = new List<string>();
        var page = await Browser.NewPageAsync(errors, width, 844, scheme);
        var customer = new Customer(page, fixture.Server);
        var look = $"{width}-{scheme}".ToLowerInvariant();

        await customer.SignUpAsync();
        await page.ShotAsync($"setup-1-address-{look}");
        await customer.ChooseAddressAsync();
        await page.ShotAsync($"setup-2-profile-{look}");
        await customer.ChooseProfileAsync();
        await page.ShotAsync($"setup-3-device-{look}");
        await customer.PasteKeyAsync(await SshKeygen.NewPublicKeyAsync("me@laptop"), "My laptop");
        await page.ShotAsync($"setup-3-device-added-{look}");
        await customer.ContinueAsync();
        await customer.HeadingAsync("Choose plan and region");
        await page.ShotAsync($"setup-4-plan-{look}");
        await customer.ChoosePlanAsync();
        await page.ShotAsync($"setup-5-pay-{look}");
        await customer.GoToCheckoutAsync();
        await page.ShotAsync($"setup-5-checkout-{look}");
        await customer.PressAsync("Pay");

        // A quick machine may be through before the page is: the story on it is the same.
        await Expect(customer.Heading("Setting up your computer").Or(customer.Heading("You're all set"))).ToBeVisibleAsync();
        await page.ShotAsync($"setup-6-progress-{look}");
        await customer.BecomesReadyAsync();
        await page.ShotAsync($"setup-7-ready-{look}");
        await InstallCommandLineAsync(page);
        await page.ShotAsync($"setup-7-installed-{look}");
        await customer.PressAsync("Go to dashboard");
        await page.WaitForURLAsync("**/dashboard");
        await page.LiveAsync();
        await Expect(page.GetByText("Running").First).ToBeVisibleAsync();
        await Expect(page.GetByText("This machine", new() { Exact = true })).ToBeVisibleAsync();
        await page.ShotAsync($"dashboard-home-{look}");

        await OpenConsoleAsync(page);
        await AskAsync(page, "hello my computer");
        await page.ShotAsync($"console-ask-{look}");
        await RunAsync(page, "echo $((6*7))", "42");
        await page.ShotAsync($"console-run-{look}");

        foreach (var (name, path) in new[] { ("devices", "/dashboard/devices"), ("activity", "/dashboard/activity"), ("account", "/dashboard/account") })
        {
            await customer.GoAsync(path);
            await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await page.ShotAsync($"dashboard-{name}-{look}");
        }

        Assert.Empty(errors);
    }

    /// <summary>What the page shows is run in a shell; the page notices and offers another.</summary>
    private static async Task InstallCommandLineAsync(IPage page)
    {
        var section = page.GetByRole(AriaRole.Region, new() { Name = "Install command" });
        var first = await section.Locator("code").Last.InnerTextAsync();
        using var shell = new PosixShell();

        var (code, _, errors) = await shell.RunAsync(first);

        Assert.True(code == 0, errors);
        Assert.True(File.Exists(shell.Installed));
        await section.GetByRole(AriaRole.Button, new() { Name = "New command", Exact = true }).ClickAsync();
        await Expect(section.Locator("code").Last).ToContainTextAsync("/install?token=");
        Assert.NotEqual(first, await section.Locator("code").Last.InnerTextAsync());
    }

    private static async Task OpenConsoleAsync(IPage page)
    {
        var link = page.GetByRole(AriaRole.Link, new() { Name = "Console" }).First;
        await link.ClickAsync();
        await page.WaitForURLAsync("**/r/**");
        await page.LiveAsync();
    }

    private static async Task AskAsync(IPage page, string question)
    {
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Ask" }).FillAsync(question);
        await page.GetByRole(AriaRole.Button, new() { Name = "Ask", Exact = true }).ClickAsync();

        // The echo model streams the question back: once as asked, once as answered.
        await Expect(page.GetByText(question)).ToHaveCountAsync(2);
    }

    private static async Task RunAsync(IPage page, string command, string output)
    {
        await page.GetByRole(AriaRole.Tab, new() { Name = "Ask" }).FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.GetByRole(AriaRole.Tab, new() { Name = "Run", Selected = true })).ToBeFocusedAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Command" }).FillAsync(command);
        await page.GetByRole(AriaRole.Button, new() { Name = "Run", Exact = true }).ClickAsync();
        await Expect(page.GetByText(output, new() { Exact = true }).First).ToBeVisibleAsync();
    }

    public sealed class ServerWithReleases : StoryServer
    {
        protected override async Task<IReadOnlyDictionary<string, string>?> SettingsAsync() => new Dictionary<string, string> { ["Releases__Directory"] = await Published.FolderAsync() };
    }
}
