using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Spoq.Tests.Support;

namespace Spoq.Tests.Stories;

/// <summary>The narrowest screen that is promised: 320 px, which is also 1280 px at 400 % (WCAG 2.2, 1.4.10).</summary>
public sealed class NarrowStory(StoryServer fixture) : IClassFixture<StoryServer>
{
    private const int Width = 320;

    private readonly List<string> _tooWide = [];

    [Fact]
    public async Task No_page_scrolls_sideways_at_320_px()
    {
        var errors = new List<string>();
        var page = await Browser.NewPageAsync(errors, Width, 640);
        var customer = new Customer(page, fixture.Server);
        foreach (var path in new[]
        {
            "/", "/?address=admin", "/pricing", "/local", "/docs", "/privacy", "/terms", "/status", "/login", "/signup", "/forgot-password", "/no-such-page", "/dev/mail",
        })
        {
            await customer.GoAsync(path);
            await MeasureAsync(page, path);
        }

        await customer.SignUpAsync();
        await MeasureAsync(page, "setup 1");
        await customer.ChooseAddressAsync();
        await MeasureAsync(page, "setup 2");
        await customer.ChooseProfileAsync();
        await MeasureAsync(page, "setup 3");
        await customer.PasteKeyAsync(await SshKeygen.NewPublicKeyAsync("me@laptop"), "My laptop with a rather long name of many words");
        await MeasureAsync(page, "setup 3, a device");
        await customer.ContinueAsync();
        await customer.HeadingAsync("Choose plan and region");
        await MeasureAsync(page, "setup 4");
        await customer.ChoosePlanAsync();
        await MeasureAsync(page, "setup 5");
        await customer.GoToCheckoutAsync();
        await MeasureAsync(page, "checkout");
        await customer.PressAsync("Pay");
        await page.WaitForURLAsync(new Regex("/setup"));
        await MeasureAsync(page, "setup 6");
        await customer.BecomesReadyAsync();
        await MeasureAsync(page, "setup 7");
        await customer.PressAsync("Go to dashboard");
        await page.WaitForURLAsync("**/dashboard");
        foreach (var path in new[] { "/dashboard", "/console", "/dashboard/devices", "/dashboard/billing", "/dashboard/keys", "/dashboard/apps", "/dashboard/activity", "/dashboard/account" })
        {
            await customer.GoAsync(path);
            await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await MeasureAsync(page, path);
        }

        Assert.Empty(_tooWide);
        Assert.Empty(errors.Where(error => !error.Contains("404", StringComparison.Ordinal)));
    }

    private async Task MeasureAsync(IPage page, string what)
    {
        var widest = await page.EvaluateAsync<string>("""
            () => document.documentElement.scrollWidth <= innerWidth ? "" : [...document.querySelectorAll("body *")]
                .filter(one => one.getBoundingClientRect().right > innerWidth + 1).map(one => `${one.tagName}.${one.className}`).slice(0, 3).join(" ")
            """);
        if (widest.Length > 0)
        {
            _tooWide.Add($"{what}: {widest}");
            await page.ShotAsync($"too-wide-{_tooWide.Count}");
        }
    }
}
