using Microsoft.Playwright;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Stories;

/// <summary>A computer that has become too small: its owner sees what another size costs, and watches the change.</summary>
public sealed class ResizeStory(StoryServer fixture) : IClassFixture<StoryServer>
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task A_larger_size_is_chosen_watched_and_paid_from_then_on(int width, ColorScheme scheme)
    {
        var customer = await Customer.SignedUpAsync(fixture.Server, width, scheme);
        var page = customer.Page;
        await customer.ChooseAddressAsync();
        await customer.ChooseProfileAsync();
        await customer.PressAsync("Skip for now");
        await customer.HeadingAsync("Choose plan and region");
        await page.GetByRole(AriaRole.Radio, new() { Name = "VPS 1" }).CheckAsync();
        await customer.ChoosePlanAsync();
        await customer.GoToCheckoutAsync();
        await customer.PressAsync("Pay");
        await customer.BecomesReadyAsync();

        await customer.GoLiveAsync("/dashboard");
        await page.GetByRole(AriaRole.Link, new() { Name = "Change size" }).ClickAsync();
        await customer.HeadingAsync("Change size");
        await page.LiveAsync();
        await Expect(page.GetByText("$20 a month, what you have")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Change size" })).ToBeDisabledAsync();
        await page.ShotAsync($"size-1-choice-{customer.Look}");
        await page.GetByRole(AriaRole.Radio, new() { Name = "VPS 4" }).CheckAsync();
        await Expect(page.GetByText("about $22 is added to the next payment")).ToBeVisibleAsync();
        await page.ShotAsync($"size-2-chosen-{customer.Look}");
        await customer.PressAsync("Change size");
        await page.ShotAsync($"size-3-confirm-{customer.Look}");
        await customer.PressAsync("Yes, change it");

        // A quick machine may be through before the page is: how it ended is said either way.
        await Expect(page.GetByRole(AriaRole.List, new() { Name = "Steps of the change" }).Or(page.GetByText("It has the size of VPS 4 now."))).ToBeVisibleAsync();
        await page.ShotAsync($"size-4-story-{customer.Look}");
        await Expect(page.GetByText("It has the size of VPS 4 now.")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Expect(page.GetByText("$42 a month, what you have")).ToBeVisibleAsync();
        await page.ShotAsync($"size-5-done-{customer.Look}");
        await customer.GoAsync("/dashboard/billing");
        await Expect(page.GetByText("$42 / month")).ToBeVisibleAsync();
        Assert.Empty(customer.Errors);
    }
}
