using Spoq.Core.Access;

namespace Spoq.Tests.Access;

public sealed class AuthorizationRequestTests
{
    private const string Callback = "http://localhost:3000/cb";
    private const string Challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    private static readonly OAuthClient s_dex = OAuthClient.BuiltIn("dex-a1b2c3d4")!;

    [Fact]
    public void A_request_that_says_what_it_must_is_fine()
    {
        var request = Fine(("state", "a b+c"), ("nonce", "n"), ("scope", "profile openid"));

        Assert.Equal(("a b+c", "n", "openid profile"), (request.State, request.Nonce, request.Scopes.ToString()));
        Assert.False(request.MayNotAsk);
        Assert.False(request.NeedsPlan);
    }

    [Theory]
    [InlineData("response_type", "token", "unsupported_response_type")]
    [InlineData("response_type", "", "invalid_request")]
    [InlineData("response_mode", "fragment", "invalid_request")]
    [InlineData("code_challenge", "", "invalid_request")]
    [InlineData("code_challenge", "short", "invalid_request")]
    [InlineData("code_challenge_method", "plain", "invalid_request")]
    [InlineData("code_challenge_method", "", "invalid_request")]
    [InlineData("scope", "openid root", "invalid_scope")]
    [InlineData("scope", "account", "invalid_scope")]
    [InlineData("prompt", "none login", "invalid_request")]
    [InlineData("prompt", "create", "invalid_request")]
    [InlineData("max_age", "-1", "invalid_request")]
    [InlineData("max_age", "soon", "invalid_request")]
    [InlineData("request", "x", "request_not_supported")]
    [InlineData("request_uri", "https://a.example", "request_uri_not_supported")]
    [InlineData("resource", "https://other.example", "invalid_target")]
    public void What_is_wrong_is_told_to_the_client_with_its_state(string name, string value, string code)
    {
        var wrong = Assert.IsType<AuthorizationReading.Wrong>(Read(s_dex, ("state", "s"), (name, value)));

        Assert.Equal((code, "s", Callback), (wrong.Error.Code, wrong.State, wrong.RedirectUri));
        Assert.DoesNotContain(wrong.Error.Description, c => c is '"' or '\\' or > '~');
    }

    [Theory]
    [InlineData("state")]
    [InlineData("scope")]
    [InlineData("code_challenge")]
    [InlineData("anything")]
    public void A_parameter_that_is_there_twice_is_wrong(string name)
    {
        var wrong = Assert.IsType<AuthorizationReading.Wrong>(Read(s_dex, [(name, "1"), (name, "2")], keep: true));

        Assert.Equal("invalid_request", wrong.Error.Code);
    }

    [Fact]
    public void A_stranger_or_a_strange_address_is_told_nothing()
    {
        Assert.IsType<AuthorizationReading.Stranger>(Read(null));
        Assert.IsType<AuthorizationReading.Stranger>(Read(s_dex, ("redirect_uri", "https://evil.example/cb")));
        Assert.IsType<AuthorizationReading.Stranger>(Read(s_dex, ("redirect_uri", "")));
        Assert.IsType<AuthorizationReading.Stranger>(Read(s_dex, [("redirect_uri", Callback)], keep: true));
        Assert.IsType<AuthorizationReading.Stranger>(Read(s_dex, [("client_id", s_dex.Id)], keep: true));
        Assert.IsType<AuthorizationReading.Stranger>(Read(OAuthClient.BuiltIn(FirstPartyClients.Cli)));
    }

    [Fact]
    public void Words_of_openid_connect_that_add_nothing_are_passed_over()
    {
        Assert.Equal("openid profile", Fine(("scope", "openid email profile offline_access")).Scopes.ToString());
        Assert.Equal("openid profile", Fine(("scope", "")).Scopes.ToString());
    }

    [Fact]
    public void What_belongs_to_a_plan_needs_one()
    {
        Assert.True(Fine(("scope", "openid ai")).NeedsPlan);
        Assert.True(Fine(("scope", "instance")).NeedsPlan);
    }

    [Fact]
    public void A_code_is_for_the_client_the_address_and_the_proof_it_was_made_for()
    {
        const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        var now = new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
        var code = AuthorizationCode.For(Fine(("code_challenge", Challenge)), [1], Guid.NewGuid(), null, now);

        Assert.Equal(CodeOutcome.Redeem, code.PresentedBy(s_dex.Id, Callback, Verifier, now));
        Assert.Equal(CodeOutcome.Redeem, code.PresentedBy(s_dex.Id, null, Verifier, now.AddMinutes(4.9)));
        Assert.Equal(CodeOutcome.Refuse, code.PresentedBy(s_dex.Id, Callback, Verifier, now.AddMinutes(5)));
        Assert.Equal(CodeOutcome.Refuse, code.PresentedBy("cat-a1b2c3d4", Callback, Verifier, now));
        Assert.Equal(CodeOutcome.Refuse, code.PresentedBy(s_dex.Id, Callback + "/", Verifier, now));
        Assert.Equal(CodeOutcome.Refuse, code.PresentedBy(s_dex.Id, Callback, Verifier + "x", now));
        Assert.Equal(CodeOutcome.Refuse, code.PresentedBy(s_dex.Id, Callback, Challenge, now));
        Assert.Equal(CodeOutcome.Refuse, code.PresentedBy(s_dex.Id, Callback, null, now));
        code.Redeem(Guid.NewGuid());
        Assert.Equal(CodeOutcome.Reused, code.PresentedBy(s_dex.Id, Callback, "wrong", now.AddDays(1)));
        Assert.Equal(CodeOutcome.Refuse, code.PresentedBy("cat-a1b2c3d4", Callback, Verifier, now));
    }

    private static AuthorizationRequest Fine(params (string Name, string Value)[] changes) => Assert.IsType<AuthorizationReading.Fine>(Read(s_dex, changes)).Request;

    private static AuthorizationReading Read(OAuthClient? client, params (string Name, string Value)[] changes) => Read(client, changes, keep: false);

    private static AuthorizationReading Read(OAuthClient? client, (string Name, string Value)[] changes, bool keep)
    {
        (string Name, string Value)[] usual =
        [
            ("client_id", s_dex.Id), ("redirect_uri", Callback), ("response_type", "code"), ("scope", "openid"), ("code_challenge", Challenge), ("code_challenge_method", "S256"),
        ];
        var all = usual.Where(pair => keep || changes.All(change => change.Name != pair.Name)).Concat(changes);
        return AuthorizationRequest.Read(all.ToLookup(pair => pair.Name, pair => pair.Value), client, "https://spoq.test");
    }
}
