using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Npgsql;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Stories;

/// <summary>Money: declined, abandoned, doubled. One checkout, one computer, never more.</summary>
public sealed class PaymentStory(StoryServer fixture) : IClassFixture<StoryServer>
{
    [Fact]
    public async Task A_declined_card_can_be_tried_again()
    {
        var errors = new List<string>();
        var customer = new Customer(await Browser.NewPageAsync(errors), fixture.Server);
        await customer.SignUpAsync();
        await customer.ReachPayAsync();
        await customer.GoToCheckoutAsync();

        await customer.PressAsync("Decline payment");
        await Expect(customer.Page.GetByText(new Regex("declined", RegexOptions.IgnoreCase)).First).ToBeVisibleAsync();
        await customer.PressAsync("Pay");

        await customer.BecomesReadyAsync();
        Assert.Equal(1, await CountAsync("select count(*) from instances i join users u on u.id = i.account_id where u.email = $1", customer.Email));
    }

    [Fact]
    public async Task An_abandoned_checkout_costs_nothing_and_loses_nothing()
    {
        var errors = new List<string>();
        var customer = new Customer(await Browser.NewPageAsync(errors), fixture.Server);
        await customer.SignUpAsync();
        await customer.ReachPayAsync();
        await customer.GoToCheckoutAsync();

        await customer.PressAsync("Abandon");
        await customer.Page.WaitForURLAsync(new Regex("/setup"));
        await customer.Page.LiveAsync();
        await customer.HeadingAsync("Pay");
        await Expect(customer.Page.GetByText("Nothing was charged").First).ToBeVisibleAsync();

        await customer.GoToCheckoutAsync();
        await customer.PressAsync("Pay");
        await customer.BecomesReadyAsync();
        Assert.Equal(1, await CountAsync("select count(*) from checkout_intents c join users u on u.id = c.account_id where u.email = $1 and c.state = 'paid'", customer.Email));
    }

    [Fact]
    public async Task Coming_back_without_paying_buys_nothing()
    {
        var errors = new List<string>();
        var customer = new Customer(await Browser.NewPageAsync(errors), fixture.Server);
        await customer.SignUpAsync();
        await customer.ReachPayAsync();
        await customer.GoToCheckoutAsync();

        await customer.GoLiveAsync("/setup?checkout=success");
        await customer.HeadingAsync("Pay");

        Assert.Equal(0, await CountAsync("select count(*) from instances i join users u on u.id = i.account_id where u.email = $1 and i.state <> 'draft'", customer.Email));
    }

    [Fact]
    public async Task Two_tabs_that_both_pay_get_one_computer()
    {
        var errors = new List<string>();
        var customer = new Customer(await Browser.NewPageAsync(errors), fixture.Server);
        await customer.SignUpAsync();
        await customer.ReachPayAsync();
        await customer.GoToCheckoutAsync();
        var other = await customer.Page.Context.NewPageAsync();
        var late = await customer.Page.Context.NewPageAsync();
        await other.GotoAsync(customer.Page.Url);
        await late.GotoAsync(customer.Page.Url);

        await Task.WhenAll(customer.PressAsync("Pay"), new Customer(other, fixture.Server).PressAsync("Pay"));

        await customer.BecomesReadyAsync();

        // One that comes when all is over is led on as well.
        await new Customer(late, fixture.Server).PressAsync("Pay");
        await late.WaitForURLAsync(new Regex("/setup"));
        Assert.Equal(1, await CountAsync("select count(*) from instances i join users u on u.id = i.account_id where u.email = $1", customer.Email));
        Assert.Equal(1, await CountAsync("select count(*) from checkout_intents c join users u on u.id = c.account_id where u.email = $1", customer.Email));
    }

    [Fact]
    public async Task Reload_resumes_at_every_step_and_Back_loses_nothing()
    {
        var errors = new List<string>();
        var customer = new Customer(await Browser.NewPageAsync(errors), fixture.Server);
        await customer.SignUpAsync();
        await customer.ChooseAddressAsync();
        foreach (var (heading, onward) in new (string, Func<Task>)[]
        {
            ("Create your profile", customer.ContinueAsync),
            ("Connect your device", () => customer.PressAsync("Skip for now")),
            ("Choose plan and region", customer.ContinueAsync),
        })
        {
            await customer.HeadingAsync(heading);
            await ReloadAsync(customer);
            await customer.HeadingAsync(heading);
            await onward();
        }

        await customer.HeadingAsync("Pay");
        foreach (var heading in new[] { "Choose plan and region", "Connect your device", "Create your profile", "Choose your address" })
        {
            // A click while the last one is being saved does nothing, so each waits for what the one before led to.
            await customer.PressAsync("Back");
            await customer.HeadingAsync(heading);
        }

        await Expect(customer.Page.GetByLabel("Address", new() { Exact = true })).ToHaveValueAsync(customer.AddressName);
    }

    [Fact]
    public async Task Reload_resumes_at_the_payment_while_it_is_set_up_and_when_it_is_ready()
    {
        var errors = new List<string>();
        var customer = new Customer(await Browser.NewPageAsync(errors), fixture.Server);
        await customer.SignUpAsync();
        await customer.ReachPayAsync();
        await ReloadAsync(customer);
        await customer.HeadingAsync("Pay");
        await customer.GoToCheckoutAsync();
        await customer.Page.ReloadAsync();
        await customer.PressAsync("Pay");
        await customer.Page.WaitForURLAsync(new Regex("/setup"));

        // As often as it takes to be set up.
        for (var isReady = false; !isReady;)
        {
            await ReloadAsync(customer);
            var (pay, progress, ready) = (customer.Heading("Pay"), customer.Heading("Setting up your computer"), customer.Heading("You're all set"));
            await Expect(pay.Or(progress).Or(ready)).ToBeVisibleAsync();
            isReady = await ready.IsVisibleAsync();
        }

        await ReloadAsync(customer);
        await customer.BecomesReadyAsync();

        // Two presses where one was meant are one.
        await customer.GoLiveAsync("/dashboard");

        // Looked for at every frame from before the press on: it may be over within the second between two looks of an expectation.
        var restarting = customer.Page.WaitForFunctionAsync("() => document.body.innerText.includes('Restarting')");
        await customer.Page.GetByRole(AriaRole.Button, new() { Name = "Restart", Exact = true }).DblClickAsync();
        await restarting;
        await Expect(customer.Page.GetByText("Running", new() { Exact = true })).ToBeVisibleAsync();
        await Expect(customer.Page.Locator(".toast.bad")).ToHaveCountAsync(0);
        Assert.Empty(errors);
    }

    [Theory]
    [InlineData("/pricing", "Pro", "Monthly")]
    [InlineData("/pricing?interval=year", "Cloud", "Yearly")]
    public async Task The_plan_chosen_on_the_price_list_is_the_one_the_wizard_proposes(string list, string plan, string interval)
    {
        var customer = new Customer(await Browser.NewPageAsync([]), fixture.Server);
        await customer.SignUpAsync();
        await customer.GoAsync(list);
        await customer.Page.GetByRole(AriaRole.Link, new() { Name = $"Choose {plan}", Exact = true }).ClickAsync();
        await customer.Page.LiveAsync();
        await customer.ChooseAddressAsync();
        await customer.ChooseProfileAsync();
        await customer.PressAsync("Skip for now");

        await Expect(customer.Page.GetByRole(AriaRole.Radio, new() { Name = interval })).ToBeCheckedAsync();
        await Expect(customer.Page.GetByRole(AriaRole.Radio, new() { NameRegex = new($"^{plan} ") })).ToBeCheckedAsync();
    }

    private static async Task ReloadAsync(Customer customer)
    {
        await customer.Page.ReloadAsync();
        await customer.Page.LiveAsync();
    }

    private async Task<long> CountAsync(string sql, string email)
    {
        await using var source = NpgsqlDataSource.Create(fixture.Server.ConnectionString);
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(new() { Value = email });
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
