using Microsoft.Playwright;
using Npgsql;
using Spoq.Tests.Ai.Reports;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Stories;

/// <summary>A customer looks where the tokens went, takes the figures along and sets a cap.</summary>
public sealed class UsageStory
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task Usage_is_seen_exported_and_capped(int width, ColorScheme scheme)
    {
        var server = await SpoqServer.SharedAsync();
        var customer = await Customer.SignedUpAsync(server, width, scheme);
        var (page, shot) = (customer.Page, customer.Look);
        await customer.GoAsync("/dashboard/usage");
        await customer.HeadingAsync("Nothing used yet");
        await page.ShotAsync($"usage-empty-{shot}");

        await using (var source = NpgsqlDataSource.Create(server.ConnectionString))
        {
            await Usage.FillAsync(source, await Usage.AccountOfAsync(source, customer.Email), TimeProvider.System.GetUtcNow(), days: 18);
        }

        await customer.GoAsync("/dashboard/usage");
        await customer.HeadingAsync("Tokens by day");
        await Expect(page.GetByRole(AriaRole.Row, new() { Name = "claude-small" })).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Meter, new() { Name = "Of your monthly cap" })).ToBeVisibleAsync();
        await page.ShotAsync($"usage-{shot}");

        var download = page.WaitForDownloadAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Export CSV" }).ClickAsync();
        Assert.EndsWith(".csv", (await download).SuggestedFilename, StringComparison.Ordinal);

        await page.GetByLabel("Monthly cap in US dollars").FillAsync("-3");
        await customer.PressAsync("Save cap");
        await Expect(page.GetByText("Choose a monthly cap from $0 to $100,000.")).ToBeVisibleAsync();
        await page.GetByLabel("Monthly cap in US dollars").FillAsync("25.50");
        await customer.PressAsync("Save cap");
        await Expect(page.GetByText("Your monthly cap is $25.50.")).ToBeVisibleAsync();
        await page.ShotAsync($"usage-cap-{shot}");

        await page.GetByRole(AriaRole.Link, new() { Name = "Month before" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Monthly cap" })).ToBeVisibleAsync();
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        Assert.DoesNotContain(customer.Errors, error => !error.Contains("422", StringComparison.Ordinal));
    }
}
