using Microsoft.Playwright;
using Spoq.Tests.Support;

namespace Spoq.Tests.Site;

public sealed class QuickStartPagesTests
{
    [Theory]
    [InlineData("connect")]
    [InlineData("device-flow")]
    [InlineData("api-keys")]
    public async Task It_fits_a_wide_and_a_narrow_screen_and_its_code_scrolls_in_its_own_frame(string name)
    {
        var server = await SpoqServer.SharedAsync();
        var errors = new List<string>();
        foreach (var (width, scheme) in new[] { (1280, ColorScheme.Light), (390, ColorScheme.Dark), (320, ColorScheme.Light) })
        {
            var page = await Browser.NewPageAsync(errors, width, 844, scheme);
            await page.GotoAsync(new Uri(server.BaseUrl, $"/docs/{name}").ToString());
            await page.ShotAsync($"docs-{name}-{(scheme == ColorScheme.Light ? "light" : "dark")}-{width}");
            Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"/docs/{name} is wider than {width}");
            await page.Context.CloseAsync();
        }

        Assert.Empty(errors);
    }
}
