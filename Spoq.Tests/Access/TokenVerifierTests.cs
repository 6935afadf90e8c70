using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Wire;

namespace Spoq.Tests.Access;

public sealed class TokenVerifierTests : IDisposable
{
    private static readonly DateTimeOffset s_noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly TokenRules s_rules = new("https://spoq.test", "alice.spoq.test");
    private readonly Forge _forge = new();

    private string Head => $$"""{"alg":"ES256","kid":"{{_forge.Kid}}"}""";

    private static string Body => $$"""{"iss":"https://spoq.test","sub":"a","aud":"alice.spoq.test","iat":{{s_noon.ToUnixTimeSeconds()}},"exp":{{s_noon.ToUnixTimeSeconds() + 300}}}""";

    private static TokenClaims Claims => new()
    {
        Issuer = s_rules.Issuer,
        Subject = "a",
        Audience = s_rules.Audience,
        IssuedAt = s_noon,
        ExpiresAt = s_noon.AddMinutes(5),
        Id = "j",
        Role = "owner",
    };

    public void Dispose() => _forge.Dispose();

    [Fact]
    public void A_token_says_what_was_signed()
    {
        Assert.True(Verify(_forge.Sign(Claims)).Try(out var claims, out _));
        Assert.Equal(Claims, claims);
    }

    [Fact]
    public void Forged_tokens_are_refused_whatever_they_say_of_themselves()
    {
        using var stranger = new Forge();
        var good = _forge.Sign(Claims);
        string[] forged =
        [
            "", ".", "..", "...", "a.b.c", good + ".", good + "A", good + "=", " " + good, good[..^2], good + "." + good, new('a', 9000),
            _forge.Unsigned(Body),
            _forge.HmacWithPublicKey(Body),
            stranger.Sign(Claims, _forge.Kid),
            _forge.SignRaw(Head.Replace("ES256", "RS256", StringComparison.Ordinal), Body),
            _forge.SignRaw(Head.Replace("ES256", "none", StringComparison.Ordinal), Body),
            _forge.SignRaw("""{"alg":"ES256"}""", Body),
            _forge.SignRaw(Head.Replace("}", ""","crit":["exp"]}""", StringComparison.Ordinal), Body),
            _forge.SignRaw(Head.Replace("}", ""","typ":"secret"}""", StringComparison.Ordinal), Body),
            _forge.SignRaw(Head.Replace("}", ""","alg":"ES256"}""", StringComparison.Ordinal), Body),
            _forge.SignRaw(Head, Body.Replace("}", ""","sub":"b"}""", StringComparison.Ordinal)),
            _forge.SignRaw(Head, Body.Replace("\"a\"", "\"\\ud800\"", StringComparison.Ordinal)),
            _forge.SignRaw(Head, Body.Replace("\"exp\"", "\"no_exp\"", StringComparison.Ordinal)),
            _forge.SignRaw(Head, Body.Replace("}", ""","nbf":"soon"}""", StringComparison.Ordinal)),
            _forge.SignRaw(Head, "[]"),
            _forge.SignRaw(Head, "nothing"),
            _forge.Sign(Claims with { Issuer = "https://spoq.test/" }),
            _forge.Sign(Claims with { Audience = "bob.spoq.test" }),
            _forge.Sign(Claims with { Subject = "" }),
            _forge.Sign(Claims with { IssuedAt = s_noon.AddMinutes(2) }),
            _forge.Sign(Claims with { NotBefore = s_noon.AddMinutes(2) }),
        ];
        Assert.All(forged, token => Assert.Equal(AccessRefusals.TokenInvalid, Refused(token)));
    }

    [Fact]
    public void A_changed_character_anywhere_breaks_the_token()
    {
        var good = _forge.Sign(Claims);
        for (var at = 0; at < good.Length; at++)
        {
            var changed = string.Concat(good.AsSpan(0, at), good[at] == 'A' ? "B" : "A", good.AsSpan(at + 1));
            Assert.NotNull(Refused(changed));
        }
    }

    [Fact]
    public void Keys_offered_by_the_token_itself_are_not_looked_at()
    {
        using var stranger = new Forge();
        var head = $$"""{"alg":"ES256","kid":"x","jku":"https://evil.test","jwk":{"kty":"EC","crv":"P-256","x":"{{stranger.Jwk.X}}","y":"{{stranger.Jwk.Y}}"} }""";

        Assert.Same(AccessRefusals.KeyUnknown, Refused(stranger.SignRaw(head, Body)));
    }

    [Fact]
    public void Time_runs_out_half_a_minute_late_for_clocks_that_differ()
    {
        var token = _forge.Sign(Claims);

        Assert.True(Verify(token, s_noon.AddSeconds(329)).Try(out _, out _));
        Assert.False(Verify(token, s_noon.AddSeconds(330)).Try(out _, out var refusal));
        Assert.Equal(AccessRefusals.TokenExpired, refusal);
    }

    [Fact]
    public void A_thumbprint_is_that_of_the_standard()
    {
        // RFC 7638, section 3.1.
        var jwk = new Jwk("RSA")
        {
            E = "AQAB",
            N = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        };

        Assert.Equal("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", VerificationKey.Thumbprint(jwk));
    }

    private Result<TokenClaims> Verify(string token, DateTimeOffset? now = null) =>
        TokenVerifier.Verify(token, new KeySet(new Jwks([_forge.Jwk])), s_rules, now ?? s_noon);

    private Refusal? Refused(string token) => Verify(token).Try(out _, out var refusal) ? null : refusal;
}
