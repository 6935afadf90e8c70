using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Playwright;
using Spoq.Tests.Access;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Stories;

/// <summary>Somebody who never heard of Spoq comes from a program: account, plan and payment lie between them and its consent.</summary>
public sealed class ConnectStory(StoryServer story) : IClassFixture<StoryServer>
{
    [Fact]
    public async Task From_connect_over_sign_up_plan_and_payment_back_to_one_more_click()
    {
        var errors = new List<string>();
        var page = await Browser.NewPageAsync(errors);
        var customer = new Customer(page, story.Server);
        var request = OAuthVisitor.Request(("scope", "openid profile ai instance")).Replace("/oauth/authorize", "/connect", StringComparison.Ordinal);

        await customer.GoAsync(request);
        await customer.HeadingAsync("Create your account");
        await page.GetByLabel("Email", new() { Exact = true }).FillAsync(customer.Email);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(Customer.Password);
        await customer.PressAsync("Create account");
        await page.WaitForURLAsync(new Regex("/confirm-email"));
        await page.GetByLabel("Code").FillAsync(await story.Server.CodeFromMailAsync(customer.Email));
        await customer.PressAsync("Confirm");
        await page.WaitForURLAsync(new Regex("/setup"));
        await page.LiveAsync();
        await customer.ReachPayAsync();
        await page.ReloadAsync();
        await page.LiveAsync();
        await customer.GoToCheckoutAsync();
        await customer.PressAsync("Pay");
        await page.WaitForURLAsync(new Regex("/setup"));

        var goOn = page.GetByRole(AriaRole.Link, new() { Name = "Continue to dex-a1b2c3d4" });
        await Expect(goOn).ToBeVisibleAsync();
        await page.ShotAsync("connect-continue-1280-light");
        await goOn.ClickAsync();
        await customer.HeadingAsync("Authorize dex-a1b2c3d4?");
        await page.ShotAsync("connect-consent-1280-light");
        await page.RouteAsync("http://localhost:3999/**", route => route.FulfillAsync(new() { Body = "Back in the app" }));
        await customer.PressAsync("Authorize");
        await page.WaitForURLAsync(new Regex("^http://localhost:3999/cb"));

        var said = QueryHelpers.ParseQuery(new Uri(page.Url).Query);
        Assert.Equal("a state & more", said["state"]);
        using var program = new OAuthVisitor(story.Server);
        var (status, tokens) = await program.RedeemAsync(said["code"].ToString());
        Assert.Equal(System.Net.HttpStatusCode.OK, status);
        Assert.Equal("openid profile ai instance", tokens.GetProperty("scope").GetString());

        await RevokeAsync(customer);
        await Eventually.TrueAsync(
            async () => await program.UserInfoAsync(tokens.GetProperty("access_token").GetString()!) == System.Net.HttpStatusCode.Unauthorized, "the program to be out", TimeSpan.FromSeconds(60));
        Assert.Empty(errors);
    }

    private static async Task RevokeAsync(Customer customer)
    {
        var page = customer.Page;
        await customer.GoLiveAsync("/dashboard/apps");
        await Expect(page.GetByText("localhost:3999")).ToBeVisibleAsync();
        await page.ShotAsync("apps-1280-light");
        await customer.PressAsync("Revoke");
        await page.ShotAsync("apps-revoke-1280-light");
        await page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Revoke", Exact = true }).ClickAsync();
        await customer.HeadingAsync("No app is connected");
        await page.ShotAsync("apps-empty-1280-light");
    }

    [Fact]
    public async Task The_consent_page_and_the_list_of_apps_fit_a_phone_in_the_dark()
    {
        var errors = new List<string>();
        var page = await Browser.NewPageAsync(errors, width: 390, height: 844, ColorScheme.Dark);
        var customer = new Customer(page, story.Server);
        await customer.SignUpAsync();

        await customer.GoAsync(OAuthVisitor.Request(("client_id", "nobody")));
        await customer.HeadingAsync("This request cannot be answered");
        await page.ShotAsync("consent-stranger-390-dark");
        await customer.GoAsync(OAuthVisitor.Request(("redirect_uri", "https://box.tail1234.ts.net/oauth/callback")));
        await customer.HeadingAsync("Authorize dex-a1b2c3d4?");
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        await page.ShotAsync("consent-390-dark");
        await page.RouteAsync("https://box.tail1234.ts.net/**", route => route.FulfillAsync(new() { Body = "Back in the app" }));
        await customer.PressAsync("Authorize");
        await page.WaitForURLAsync(new Regex("^https://box.tail1234.ts.net/oauth/callback"));

        using var program = new OAuthVisitor(story.Server);
        await program.PostAsync("/oauth/token", ("grant_type", "authorization_code"), ("code", QueryHelpers.ParseQuery(new Uri(page.Url).Query)["code"].ToString()), ("client_id", OAuthVisitor.Dex), ("code_verifier", OAuthVisitor.Verifier));
        await customer.GoLiveAsync("/dashboard/apps");
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"));
        await page.ShotAsync("apps-390-dark");
    }
}
