using Microsoft.Playwright;
using Spoq.Core.Access;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Stories;

/// <summary>A customer makes a key, copies it once, and ends it.</summary>
public sealed class ApiKeyStory
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task A_key_is_made_copied_rotated_and_revoked_by_its_name(int width, ColorScheme scheme)
    {
        var server = await SpoqServer.SharedAsync();
        var customer = await Customer.SignedUpAsync(server, width, scheme);
        var (page, shot) = (customer.Page, customer.Look);
        await customer.GoAsync("/dashboard/keys");
        await customer.HeadingAsync("No API key yet");
        await page.ShotAsync($"keys-empty-{shot}");

        await page.GetByRole(AriaRole.Link, new() { Name = "Create API key" }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("backup script");
        await page.GetByLabel(Scopes.Describe(Scopes.Instance)).CheckAsync();
        await page.GetByLabel("Expires").SelectOptionAsync("90");
        await page.GetByLabel("Monthly cap in US dollars").FillAsync("20");
        await page.ShotAsync($"keys-new-{shot}");
        await customer.PressAsync("Create key");
        await customer.HeadingAsync("Copy your key now");
        var key = await page.Locator("[data-copy^=spoq_live_]").GetAttributeAsync("data-copy");
        Assert.True(ApiKeyText.IsWellFormed(key));
        await page.ShotAsync($"keys-secret-{shot}");

        await page.GetByRole(AriaRole.Link, new() { Name = "Done" }).ClickAsync();
        await Expect(page.GetByText(key!)).ToHaveCountAsync(0);
        await page.GetByRole(AriaRole.Link, new() { Name = "Rotate backup script" }).ClickAsync();
        await page.GetByLabel("The old secret works").SelectOptionAsync("72");
        await customer.PressAsync("Rotate backup script");
        await customer.HeadingAsync("Copy your key now");
        await page.GetByRole(AriaRole.Link, new() { Name = "Done" }).ClickAsync();
        await Expect(page.GetByText("the old secret works until")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Revoke backup script" }).ClickAsync();
        await page.ShotAsync($"keys-revoke-{shot}");
        await customer.PressAsync("Revoke backup script");
        await Expect(page.GetByText("The key is revoked")).ToBeVisibleAsync();

        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        Assert.Empty(customer.Errors);
    }
}
