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
        await Expect(customer.Heading("You are offline")).ToHaveCountAsync(0, new() { Timeout = 30_000 });
        await page.LiveAsync();
        await Expect(page.GetByText("Running").First).ToBeVisibleAsync();
        Assert.EndsWith("/dashboard", page.Url, StringComparison.Ordinal);
    }
}
