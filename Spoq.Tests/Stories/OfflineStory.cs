using Microsoft.Playwright;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Stories;

/// <summary>The connection goes away and comes back.</summary>
public sealed class OfflineStory(StoryServer fixture) : IClassFixture<StoryServer>
{
    [Fact]
    public async Task Without_the_server_the_offline_page_waits_and_brings_the_dashboard_back()
    {
        var server = fixture.Server;
        var customer = new Customer(await Browser.NewPageAsync([]), server);
        var page = customer.Page;
        await customer.GetComputerAsync();
        await customer.GoLiveAsync("/dashboard");
        await Expect(page.GetByText("Running").First).ToBeVisibleAsync();
        await page.WaitForFunctionAsync("() => navigator.serviceWorker.controller !== null && localStorage.getItem('spoq-last-status') !== null");

        await server.KillAsync();
        await customer.GoAsync("/dashboard");
        await Expect(customer.Heading("You are offline")).ToBeVisibleAsync();
        await Expect(page.GetByText($"{customer.AddressName}.localhost")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeVisibleAsync();
        await page.ShotAsync("offline");

        await server.StartAsync();
        await Expect(customer.Heading("You are offline")).ToHaveCountAsync(0);
        await page.LiveAsync();
        await Expect(page.GetByText("Running").First).ToBeVisibleAsync();
        Assert.EndsWith("/dashboard", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dropped_circuit_says_so_comes_back_by_itself_and_loses_no_typed_text()
    {
        var server = fixture.Server;
        var customer = new Customer(await Browser.NewPageAsync([]), server);
        var page = customer.Page;
        await customer.SignUpAsync();
        await customer.ChooseAddressAsync();
        await customer.ChooseProfileAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Paste a key" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Public key" }).FillAsync("ssh-ed25519 AAAA half typed");

        await server.KillAsync();
        await Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Reconnecting" })).ToBeVisibleAsync();
        await page.ShotAsync("reconnecting");
        await server.StartAsync();

        await Expect(page.GetByRole(AriaRole.Dialog, new() { Name = "Reconnecting" })).ToHaveCountAsync(0);
        await page.LiveAsync();
        await customer.HeadingAsync("Connect your device");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Paste a key" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Textbox, new() { Name = "Public key" })).ToHaveValueAsync("ssh-ed25519 AAAA half typed");

        // The circuit heard it too: what is refused is what was restored.
        await customer.PressAsync("Add device");
        await Expect(page.GetByRole(AriaRole.Alert).Filter(new() { HasTextRegex = new("key") }).First).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Typed_text_outlives_a_reload_and_a_private_key_does_not()
    {
        var customer = new Customer(await Browser.NewPageAsync([]), fixture.Server);
        var page = customer.Page;
        await customer.SignUpAsync();
        var box = page.GetByRole(AriaRole.Textbox, new() { Name = "Address", Exact = true });
        await box.FillAsync("half-typed");

        await page.ReloadAsync();
        await page.LiveAsync();
        await Expect(box).ToHaveValueAsync("half-typed");

        await customer.ChooseAddressAsync();
        await customer.ChooseProfileAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Paste a key" }).ClickAsync();
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Public key" }).FillAsync("-----BEGIN OPENSSH PRIVATE KEY----- secret");
        await page.ReloadAsync();
        await page.LiveAsync();

        Assert.DoesNotContain("secret", await page.EvaluateAsync<string>("() => JSON.stringify(sessionStorage)"), StringComparison.Ordinal);
        await Expect(page.GetByLabel("Public key")).ToHaveValueAsync("");
    }
}
