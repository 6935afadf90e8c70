using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Stories;

/// <summary>Two web processes on one database: what happens in one is seen in the other.</summary>
public sealed class TwoProcessesStory(StoryServer fixture) : IClassFixture<StoryServer>
{
    [Fact]
    public async Task A_stop_in_one_process_shows_on_the_page_of_the_other()
    {
        await using var sibling = await fixture.Server.NewSiblingAsync();
        var errors = new List<string>();
        var customer = new Customer(await Browser.NewPageAsync(errors), fixture.Server);
        await customer.GetComputerAsync();
        var there = await customer.Page.Context.NewPageAsync();
        await there.GotoAsync(new Uri(sibling.BaseUrl, "/dashboard").ToString());
        await there.LiveAsync();
        await Expect(there.GetByText("Running").First).ToBeVisibleAsync();

        await customer.GoLiveAsync("/dashboard");
        await customer.PressAsync("Stop");
        await Expect(there.GetByText("Stopped").First).ToBeVisibleAsync();
        Assert.Empty(errors);
    }
}
