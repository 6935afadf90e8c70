using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Spoq.Core.Access;
using Spoq.Core.Wire;

namespace Spoq.Bench;

/// <summary>Microseconds to check one access token, against the bare signature check in it.</summary>
internal static class TokenBench
{
    private const int Tokens = 2000;
    private const int Rounds = 7;

    public static Task RunAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var jwk = VerificationKey.Publish(key.ExportParameters(includePrivateParameters: false));
        var now = DateTimeOffset.UtcNow;
        var claims = new TokenClaims
        {
            Issuer = "https://spoq.example",
            Subject = Guid.NewGuid().ToString(),
            Audience = "https://spoq.example",
            IssuedAt = now,
            ExpiresAt = now.AddHours(1),
            Id = Guid.NewGuid().ToString("N"),
            ClientId = "spoq-cli",
            Scope = Scopes.Account,
            GrantId = Guid.NewGuid().ToString(),
        };
        var token = TokenSigner.Sign(claims, key, jwk.Kid!, TokenTypes.AccessToken);
        var (keys, rules) = (new KeySet(new Jwks([jwk])), new TokenRules(claims.Issuer, claims.Audience) { Type = TokenTypes.AccessToken });
        var parts = token.Split('.');
        var signed = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
        StrictBase64Url.TryDecode(parts[2], out var signature);

        var (ours, bare) = (new List<double>(), new List<double>());
        for (var round = 0; round <= Rounds; round++)
        {
            var one = Time(() => key.VerifyData(signed, signature!, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
            var other = Time(() => TokenVerifier.Verify(token, keys, rules, now).Try(out _, out _));

            // The first round warms the JIT.
            if (round > 0)
            {
                bare.Add(one);
                ours.Add(other);
            }
        }

        Console.WriteLine($"bare ES256 signature check: {bare.Median():0} us");
        Console.WriteLine($"whole token:                {ours.Median():0} us");
        Console.WriteLine($"ratio ours/bare: {ours.Zip(bare, (a, b) => a / b).Median():0.00} (median of {Rounds} interleaved rounds of {Tokens})");
        return Task.CompletedTask;
    }

    private static double Time(Func<bool> check)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < Tokens; i++)
        {
            if (!check())
            {
                throw new InvalidOperationException("A good token was refused.");
            }
        }

        return watch.Elapsed.TotalMicroseconds / Tokens;
    }
}
