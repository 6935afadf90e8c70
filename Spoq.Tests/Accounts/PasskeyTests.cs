using System.Net;
using System.Text.RegularExpressions;
using Spoq.Tests.Emulators.Passkey;
using Spoq.Tests.Support;

namespace Spoq.Tests.Accounts;

/// <summary>What a browser signed is believed only from our own origin, once, for the account it was asked for.</summary>
public sealed partial class PasskeyTests(SignInServer fixture) : IClassFixture<SignInServer>
{
    private const string Keys = "/dashboard/account/passkeys";

    private string Origin => fixture.Server.BaseUrl.GetLeftPart(UriPartial.Authority);

    private string Sibling => $"http://alice.localhost:{fixture.Server.Port}";

    [Fact]
    public async Task A_passkey_signs_in_alone_also_where_two_factor_is_on()
    {
        using var passkey = new SoftPasskey();
        using var owner = fixture.NewVisitor();
        var email = await owner.SignUpAsync();
        await AddAsync(owner, passkey);
        await fixture.MailedAsync(email, "A passkey was added");
        await fixture.SqlAsync("update users set two_factor_enabled = true where email = $1", email);
        using var browser = fixture.NewVisitor();

        using var answer = await SignInAsync(browser, offer => passkey.Get(offer, Origin));

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Contains(email, await browser.ReadAsync("/dashboard/account"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_on_a_customers_address_that_relays_our_challenge_is_refused()
    {
        using var passkey = new SoftPasskey();
        using var owner = fixture.NewVisitor();
        await owner.SignUpAsync();
        await AddAsync(owner, passkey);
        foreach (var origin in new[] { Sibling, "https://localhost", "http://localhost", $"http://localhost:{fixture.Server.Port + 1}", "null", "" })
        {
            using var attacker = fixture.NewVisitor();

            // The request itself says whatever the attacker likes: it counts for nothing.
            attacker.Http.DefaultRequestHeaders.TryAddWithoutValidation("Origin", origin);
            using var answer = await SignInAsync(attacker, offer => passkey.Get(offer, origin));

            Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, $"{origin} answered {(int)answer.StatusCode}");
            Assert.False(await attacker.IsSignedInAsync());
        }
    }

    [Fact]
    public async Task A_frame_a_foreign_party_and_an_owner_who_was_not_there_are_refused()
    {
        using var passkey = new SoftPasskey();
        using var owner = fixture.NewVisitor();
        await owner.SignUpAsync();
        await AddAsync(owner, passkey);
        using var attacker = fixture.NewVisitor();

        passkey.IsCrossOrigin = true;
        await RefusedAsync(attacker, offer => passkey.Get(offer, Origin));
        passkey.IsCrossOrigin = false;
        await RefusedAsync(attacker, offer => passkey.Get(offer, Origin, rpId: "evil.example"));
        passkey.Verifies = false;
        await RefusedAsync(attacker, offer => passkey.Get(offer, Origin));
        passkey.Verifies = true;
        using var stranger = new SoftPasskey();
        await RefusedAsync(attacker, offer => stranger.Get(offer, Origin));
        await RefusedAsync(attacker, _ => "{}");
        await RefusedAsync(attacker, _ => "not json");
        await RefusedAsync(attacker, _ => "");
    }

    [Fact]
    public async Task A_challenge_answers_once()
    {
        using var passkey = new SoftPasskey();
        using var owner = fixture.NewVisitor();
        await owner.SignUpAsync();
        await AddAsync(owner, passkey);
        using var browser = fixture.NewVisitor();
        var (offer, state, token) = await OfferAsync(browser, "/login");
        var signed = passkey.Get(offer, Origin);
        using (var first = await AnswerAsync(browser, "/login", state, signed, token))
        {
            Assert.Equal(HttpStatusCode.Redirect, first.StatusCode);
        }

        using var thief = fixture.NewVisitor();
        using var again = await AnswerAsync(thief, "/login", state, signed, await thief.FormTokenAsync());

        Assert.Equal(HttpStatusCode.Unauthorized, again.StatusCode);
    }

    [Fact]
    public async Task A_passkey_cannot_be_added_from_a_siblings_page_nor_with_the_challenge_of_another_account()
    {
        using var passkey = new SoftPasskey();
        using var owner = fixture.NewVisitor();
        await owner.SignUpAsync();
        var (offer, state, token) = await OfferAsync(owner, Keys);
        using (var sibling = await AnswerAsync(owner, Keys, state, passkey.Create(offer, Sibling), token))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, sibling.StatusCode);
        }

        using var other = fixture.NewVisitor();
        await other.SignUpAsync();
        (offer, state, _) = await OfferAsync(owner, Keys);
        var (_, _, otherToken) = await OfferAsync(other, Keys);
        using var crossed = await AnswerAsync(other, Keys, state, passkey.Create(offer, Origin), otherToken);

        Assert.Equal(HttpStatusCode.Unauthorized, crossed.StatusCode);
    }

    [Fact]
    public async Task It_confirms_who_sits_there_for_its_own_account_only()
    {
        using var passkey = new SoftPasskey();
        using var owner = fixture.NewVisitor();
        var email = await owner.SignUpAsync();
        await AddAsync(owner, passkey);
        await fixture.TimePassesAsync(email);
        const string Confirm = "/login/confirm?return_url=%2Fdashboard%2Faccount%2Fpassword";
        var (signIn, signInState, _) = await OfferAsync(fixture.NewVisitor(), "/login");
        var (offer, state, token) = await OfferAsync(owner, Confirm);
        using (var crossed = await AnswerAsync(owner, Confirm, signInState, passkey.Get(signIn, Origin), token))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, crossed.StatusCode);
        }

        using var confirmed = await AnswerAsync(owner, Confirm, state, passkey.Get(offer, Origin), token);

        Assert.EndsWith("/dashboard/account/password", confirmed.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Null(await owner.LocationAsync("/dashboard/account/password"));
    }

    [Fact]
    public async Task It_is_renamed_and_removed_by_its_owner_only()
    {
        using var passkey = new SoftPasskey();
        using var owner = fixture.NewVisitor();
        var email = await owner.SignUpAsync();
        await AddAsync(owner, passkey);
        var id = Remove().Match(await owner.ReadAsync(Keys)).Groups[1].Value;
        using var other = fixture.NewVisitor();
        await other.SignUpAsync();
        using (var foreign = await other.SubmitAsync(Keys, "passkey-change", await other.FormTokenAsync(Keys), $"remove={id}"))
        {
            Assert.Equal(HttpStatusCode.Gone, foreign.StatusCode);
        }

        using (var renamed = await owner.SubmitAsync(Keys, "passkey-change", await owner.FormTokenAsync(Keys), $"rename={id}&name-{id}=Blue+key"))
        {
            Assert.Equal(HttpStatusCode.Redirect, renamed.StatusCode);
        }

        Assert.Contains("Blue key", await owner.ReadAsync(Keys), StringComparison.Ordinal);
        using (var removed = await owner.SubmitAsync(Keys, "passkey-change", await owner.FormTokenAsync(Keys), $"remove={id}"))
        {
            Assert.Equal(HttpStatusCode.Redirect, removed.StatusCode);
        }

        await fixture.MailedAsync(email, "A passkey was removed");
        await RefusedAsync(fixture.NewVisitor(), offer => passkey.Get(offer, Origin));
    }

    private async Task AddAsync(HttpVisitor visitor, SoftPasskey passkey)
    {
        var (offer, state, token) = await OfferAsync(visitor, Keys);
        using var added = await AnswerAsync(visitor, Keys, state, passkey.Create(offer, Origin), token);
        Assert.True(added.StatusCode == HttpStatusCode.Redirect, fixture.Server.Output);
    }

    private async Task RefusedAsync(HttpVisitor visitor, Func<string, string> sign)
    {
        using var answer = await SignInAsync(visitor, sign);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Contains("could not be checked", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> SignInAsync(HttpVisitor visitor, Func<string, string> sign)
    {
        var (offer, state, token) = await OfferAsync(visitor, "/login");
        return await AnswerAsync(visitor, "/login", state, sign(offer), token);
    }

    private static async Task<(string Options, string State, string Token)> OfferAsync(HttpVisitor visitor, string page)
    {
        var html = await (await visitor.Http.GetAsync(new Uri(page, UriKind.Relative))).Content.ReadAsStringAsync();
        return (WebUtility.HtmlDecode(Options().Match(html).Groups[1].Value), State().Match(html).Groups[1].Value, Token().Match(html).Groups[1].Value);
    }

    private static Task<HttpResponseMessage> AnswerAsync(HttpVisitor visitor, string page, string state, string credential, string token) =>
        visitor.SubmitAsync(page, "passkey", token, $"passkey_state={Uri.EscapeDataString(state)}&passkey_credential={Uri.EscapeDataString(credential)}&passkey_name=My+key");

    [GeneratedRegex("data-options=\"([^\"]+)\"")]
    private static partial Regex Options();

    [GeneratedRegex("name=\"passkey_state\" value=\"([^\"]+)\"")]
    private static partial Regex State();

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();

    [GeneratedRegex("name=\"remove\" value=\"([^\"]+)\"")]
    private static partial Regex Remove();
}
