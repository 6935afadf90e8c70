using System.Net.WebSockets;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Spoq.Tests.Stories;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Tests.Accounts;

/// <summary>A person secures their account at a browser; every page is photographed wide and light, narrow and dark.</summary>
public sealed class AccountStory(SignInServer fixture) : IClassFixture<SignInServer>
{
    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task A_passkey_and_two_factor_are_set_up_and_used(int width, ColorScheme scheme)
    {
        var errors = new List<string>();
        var page = await Browser.NewPageAsync(errors, width, 844, scheme);
        var look = $"{width}-{scheme}".ToLowerInvariant();
        var customer = new Customer(page, fixture.Server);
        await customer.GoAsync("/signup");
        await page.ShotAsync($"signin-signup-{look}");
        await customer.GoAsync("/login");
        await page.ShotAsync($"signin-login-{look}");
        await customer.SignUpAsync();
        await customer.GoAsync("/dashboard/account");
        await Expect(page.GetByText("This browser")).ToBeVisibleAsync();
        await page.ShotAsync($"signin-account-{look}");

        await AddPasskeyAsync(page, customer, look, await VirtualPasskeys.AddAsync(page));
        await TurnTwoFactorOnAsync(page, customer, look);

        // Logging out and in again with the button, and once by autofill alone.
        await VirtualPasskeys.OfferAutofillAsync(page, false);
        await LogOutAsync(page, customer);
        await page.GetByRole(AriaRole.Button, new() { Name = "Use a passkey" }).ClickAsync();
        await page.WaitForURLAsync(new Regex("/setup|/dashboard"));
        await VirtualPasskeys.OfferAutofillAsync(page, true);
        await LogOutAsync(page, customer, waitsForLogin: false);
        await page.WaitForURLAsync(new Regex("/setup|/dashboard$"));
        await VirtualPasskeys.OfferAutofillAsync(page, false);

        await LogInWithCodeAsync(page, customer, look);
        await fixture.TimePassesAsync(customer.Email);
        await customer.GoAsync("/dashboard/account/password");
        await page.WaitForURLAsync(new Regex("/login/confirm"));
        await page.ShotAsync($"signin-confirm-{look}");
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(Customer.Password);
        await customer.PressAsync("Confirm");
        await page.WaitForURLAsync(new Regex("/login/2fa"));
        await page.ShotAsync($"signin-confirm-2fa-{look}");
        await page.GetByLabel("Code").FillAsync(customer.RecoveryCodes.Dequeue());
        await customer.PressAsync("Confirm");
        await page.WaitForURLAsync(new Regex("/dashboard/account/password"));
        await page.ShotAsync($"signin-password-{look}");
        await customer.GoAsync("/dashboard/account/logins");
        await page.ShotAsync($"signin-logins-{look}");
        await customer.GoAsync("/dashboard/account");
        await page.ShotAsync($"signin-account-secured-{look}");
        Assert.Empty(errors.Where(error => !error.Contains("401", StringComparison.Ordinal) && !error.Contains("422", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1280, ColorScheme.Light)]
    [InlineData(390, ColorScheme.Dark)]
    public async Task GitHub_is_linked_in_a_browser_to_the_account_that_has_the_address(int width, ColorScheme scheme)
    {
        var errors = new List<string>();
        var look = $"{width}-{scheme}".ToLowerInvariant();
        using var visitor = fixture.NewVisitor();
        var email = await visitor.SignUpAsync();
        fixture.GitHub.Current = SignInServer.NewPerson(email, isPrivate: true);
        var page = await Browser.NewPageAsync(errors, width, 844, scheme);
        await page.GotoAsync(new Uri(fixture.Server.BaseUrl, "/login").ToString());
        await page.GetByRole(AriaRole.Link, new() { Name = "Continue with GitHub" }).ClickAsync();
        await Expect(page.GetByText("has a Spoq account already")).ToBeVisibleAsync();
        await page.ShotAsync($"signin-link-asks-{look}");
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(Customer.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Link this login?" })).ToBeVisibleAsync();
        await page.ShotAsync($"signin-link-{look}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Link", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Linked. From now on")).ToBeVisibleAsync();

        fixture.GitHub.Current = null;
        await page.Context.ClearCookiesAsync();
        await page.GotoAsync(new Uri(fixture.Server.BaseUrl, "/login").ToString());
        await page.GetByRole(AriaRole.Link, new() { Name = "Continue with GitHub" }).ClickAsync();
        await Expect(page.GetByText("You stopped at GitHub")).ToBeVisibleAsync();
        await page.ShotAsync($"signin-cancelled-{look}");
        Assert.Empty(errors);
    }

    [Fact]
    public async Task An_open_page_and_an_open_hub_end_when_their_session_is_signed_out_elsewhere()
    {
        var errors = new List<string>();
        var page = await Browser.NewPageAsync(errors);
        var customer = new Customer(page, fixture.Server);
        await customer.SignUpAsync();
        await customer.GoLiveAsync("/dashboard/devices");
        var cookies = await page.Context.CookiesAsync([fixture.Server.BaseUrl.ToString()]);
        using var hub = new ClientWebSocket();
        hub.Options.SetRequestHeader("Cookie", string.Join("; ", cookies.Select(cookie => $"{cookie.Name}={cookie.Value}")));
        await hub.ConnectAsync(new Uri($"ws://localhost:{fixture.Server.Port}/hubs/instances"), CancellationToken.None);
        await hub.SendAsync(Encoding.UTF8.GetBytes("{\"protocol\":\"json\",\"version\":1}\u001e"), WebSocketMessageType.Text, true, CancellationToken.None);
        using var elsewhere = fixture.NewVisitor();
        Assert.NotNull(await elsewhere.LogInAsync(customer.Email));

        using var pressed = await elsewhere.SubmitAsync("/dashboard/account", "elsewhere", await elsewhere.FormTokenAsync("/dashboard/account"), "");
        Assert.Equal(System.Net.HttpStatusCode.Redirect, pressed.StatusCode);

        try
        {
            await page.WaitForURLAsync(new Regex("/login"));
        }
        catch (TimeoutException)
        {
            Assert.Fail(page.Url + "\n" + string.Join("\n", errors) + fixture.Server.Output + await page.ContentAsync() + await fixture.ScalarAsync<string>("select string_agg(method || coalesce(revoked_at::text, ' open'), ',') from sessions where account_id = (select id from users where email = $1)", customer.Email));
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var buffer = new byte[4096];
        while (hub.State == WebSocketState.Open)
        {
            try
            {
                await hub.ReceiveAsync(buffer, patience.Token);
            }
            catch (WebSocketException)
            {
                // Cut off: that is what was asked for.
            }
        }

        Assert.NotEqual(WebSocketState.Open, hub.State);
        Assert.True(await elsewhere.IsSignedInAsync());
    }

    [Fact]
    public async Task A_page_on_a_siblings_address_gets_nothing_out_of_our_passkeys()
    {
        var errors = new List<string>();
        var page = await Browser.NewPageAsync(errors);
        var customer = new Customer(page, fixture.Server);
        await customer.SignUpAsync();
        var passkeys = await VirtualPasskeys.AddAsync(page);
        await customer.GoAsync("/dashboard/account/passkeys");
        await customer.PressAsync("Add passkey");
        await Expect(page.GetByText("Added. Next time")).ToBeVisibleAsync();
        await page.Context.ClearCookiesAsync();

        // The same server under a customer's name: the page and its challenge are genuine, the address is not.
        await page.GotoAsync($"http://alice.localhost:{fixture.Server.Port}/login");
        await page.GetByRole(AriaRole.Button, new() { Name = "Use a passkey" }).ClickAsync();

        await Expect(page.GetByText("could not use a passkey here").Or(page.GetByText("could not be checked"))).ToBeVisibleAsync();
        await passkeys.PresenceAsync(false);
        await customer.GoAsync("/dashboard/account");
        await page.WaitForURLAsync(new Regex("/login"));
    }

    private static async Task AddPasskeyAsync(IPage page, Customer customer, string look, VirtualPasskeys passkeys)
    {
        await customer.GoAsync("/dashboard/account");
        await page.GetByRole(AriaRole.Link, new() { Name = "Add a passkey" }).First.ClickAsync();
        await page.WaitForURLAsync(new Regex("/dashboard/account/passkeys"));
        await page.GetByLabel("Name of this passkey").FillAsync("My laptop");
        await customer.PressAsync("Add passkey");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "My laptop" })).ToBeVisibleAsync();
        await page.ShotAsync($"signin-passkeys-{look}");
        Assert.NotNull(passkeys);
    }

    private static async Task TurnTwoFactorOnAsync(IPage page, Customer customer, string look)
    {
        await customer.GoAsync("/dashboard/account/two-factor");
        await page.ShotAsync($"signin-two-factor-{look}");
        customer.Secret = (await page.Locator(".copyable code").First.InnerTextAsync()).Replace(" ", "", StringComparison.Ordinal);
        await page.GetByLabel("6-digit code").FillAsync(Authenticator.CodeOf(customer.Secret, DateTimeOffset.UtcNow));
        await customer.PressAsync("Turn on");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Your recovery codes" })).ToBeVisibleAsync();
        customer.RecoveryCodes = new Queue<string>(await page.Locator(".codes li").AllInnerTextsAsync());
        await page.ShotAsync($"signin-recovery-codes-{look}");
        await customer.GoAsync("/dashboard/account/two-factor");
        await page.ShotAsync($"signin-two-factor-on-{look}");
    }

    private static async Task LogOutAsync(IPage page, Customer customer, bool waitsForLogin = true)
    {
        await customer.GoAsync("/dashboard/account");
        await customer.PressAsync("Log out");
        if (waitsForLogin)
        {
            await page.WaitForURLAsync(new Regex("/login"));
        }
    }

    private static async Task LogInWithCodeAsync(IPage page, Customer customer, string look)
    {
        await LogOutAsync(page, customer);
        await page.GetByLabel("Email", new() { Exact = true }).FillAsync(customer.Email);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(Customer.Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await page.WaitForURLAsync(new Regex("/login/2fa"));
        await page.ShotAsync($"signin-2fa-{look}");
        await page.GetByLabel("Code").FillAsync("000000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Expect(page.GetByText("That code is not right")).ToBeVisibleAsync();
        await page.ShotAsync($"signin-2fa-wrong-{look}");
        await page.GetByLabel("Code").FillAsync(customer.RecoveryCodes.Dequeue());
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await page.WaitForURLAsync(new Regex("/setup|/dashboard"));
    }
}
