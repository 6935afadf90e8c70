using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Spoq.Tests.Accounts;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

/// <summary>Programs that want to be sure who sits there: <c>prompt=login</c> and <c>max_age</c> (OpenID Connect Core, section 3.1.2.1).</summary>
public sealed class FreshSignInTests(SignInServer fixture) : IClassFixture<SignInServer>
{
    [Theory]
    [InlineData("prompt", "login")]
    [InlineData("max_age", "0")]
    [InlineData("max_age", "300")]
    public async Task A_program_that_wants_a_fresh_sign_in_gets_one_and_is_told_when(string name, string value)
    {
        using var visitor = new OAuthVisitor(fixture.Server);
        var email = await visitor.Person.SignUpAsync();
        await fixture.TimePassesAsync(email);
        var request = OAuthVisitor.Request((name, value));
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);

        var confirm = await visitor.Person.LocationAsync(request);
        Assert.StartsWith("/login/confirm?return_url=", new Uri(fixture.Server.BaseUrl, confirm).PathAndQuery, StringComparison.Ordinal);
        Assert.Contains("The app that asks for access wants to be sure.", await visitor.Person.ReadAsync(confirm!), StringComparison.Ordinal);
        using (var wrong = await ProveAsync(visitor.Person, confirm!, "not the right one"))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        }

        using var right = await ProveAsync(visitor.Person, confirm!, ApiClient.Password);
        var back = right.Headers.Location!.ToString();
        Assert.StartsWith("/oauth/authorize?", new Uri(fixture.Server.BaseUrl, back).PathAndQuery, StringComparison.Ordinal);
        AssertPreserved(request, back);

        var (status, tokens) = await visitor.RedeemAsync(await visitor.CodeAsync(back));
        Assert.Equal(HttpStatusCode.OK, status);
        var claims = Claims(tokens.GetProperty("id_token").GetString()!);
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds(claims.GetProperty("auth_time").GetInt64()), before.AddSeconds(-1), DateTimeOffset.UtcNow);
    }

    [Fact]
    public async Task Prompt_login_asks_also_who_signed_in_just_now()
    {
        using var visitor = new OAuthVisitor(fixture.Server);
        await visitor.Person.SignUpAsync();

        Assert.Contains("/login/confirm?", await visitor.Person.LocationAsync(OAuthVisitor.Request(("prompt", "login"))), StringComparison.Ordinal);
        Assert.Contains("/login/confirm?", await visitor.Person.LocationAsync(OAuthVisitor.Request(("prompt", "login consent"))), StringComparison.Ordinal);
        Assert.Null(await visitor.Person.LocationAsync(OAuthVisitor.Request(("max_age", "300"))));
    }

    [Fact]
    public async Task Nobody_answers_a_page_that_was_asked_for_with_a_fresh_sign_in_before_it_was_done()
    {
        using var visitor = new OAuthVisitor(fixture.Server);
        await visitor.Person.SignUpAsync();
        var request = OAuthVisitor.Request(("prompt", "login"));

        using var pressed = await visitor.Person.SubmitAsync(request, "consent", await visitor.Person.FormTokenAsync("/dashboard/account"), "decision=authorize");

        Assert.Contains("/login/confirm?", pressed.Headers.Location?.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("300")]
    public async Task A_program_that_may_not_ask_hears_that_the_sign_in_is_too_old(string maxAge)
    {
        using var visitor = new OAuthVisitor(fixture.Server);
        var email = await visitor.Person.SignUpAsync();
        await fixture.TimePassesAsync(email);

        using var answer = await visitor.Person.Http.GetAsync(new Uri(OAuthVisitor.Request(("prompt", "none"), ("max_age", maxAge)), UriKind.Relative));

        Assert.StartsWith(OAuthVisitor.Callback, answer.Headers.Location!.ToString(), StringComparison.Ordinal);
        var said = QueryHelpers.ParseQuery(answer.Headers.Location.Query);
        Assert.Equal(("login_required", "a state & more"), (said["error"].ToString(), said["state"].ToString()));
        Assert.True(said.ContainsKey("iss"));
    }

    [Fact]
    public async Task With_two_factor_on_the_way_back_leads_over_the_code()
    {
        using var visitor = new OAuthVisitor(fixture.Server);
        await visitor.Person.SignUpAsync();
        var codes = await visitor.Person.TurnTwoFactorOnAsync();
        var request = OAuthVisitor.Request(("prompt", "login"));
        var confirm = await visitor.Person.LocationAsync(request);

        using var password = await ProveAsync(visitor.Person, confirm!, ApiClient.Password);
        var second = password.Headers.Location!.ToString();
        Assert.Contains("/login/2fa?", second, StringComparison.Ordinal);
        using var code = await visitor.Person.SubmitAsync(second, "second-step", await visitor.Person.FormTokenAsync(second), $"code={codes[0]}");
        var back = code.Headers.Location!.ToString();

        AssertPreserved(request, back);
        Assert.Equal(HttpStatusCode.OK, (await visitor.RedeemAsync(await visitor.CodeAsync(back))).Status);
    }

    private static async Task<HttpResponseMessage> ProveAsync(HttpVisitor person, string confirm, string password) =>
        await person.SubmitAsync(confirm, "confirm", await person.FormTokenAsync("/dashboard/account"), $"password={Uri.EscapeDataString(password)}");

    /// <summary>All that was asked, but for the sign-in that is done.</summary>
    private void AssertPreserved(string request, string back)
    {
        var (asked, kept) = (QueryHelpers.ParseQuery(request.Split('?', 2)[1]), QueryHelpers.ParseQuery(new Uri(fixture.Server.BaseUrl, back).Query));
        asked.Remove("prompt");
        Assert.Equal(asked.OrderBy(pair => pair.Key), kept.OrderBy(pair => pair.Key));
    }

    private static JsonElement Claims(string token) => JsonDocument.Parse(WebEncoders.Base64UrlDecode(token.Split('.')[1])).RootElement;
}
