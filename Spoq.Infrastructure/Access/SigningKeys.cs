using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Access;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Access;

/// <summary>The keys our tokens are signed with. The first one is made when it is first needed, by one node only.</summary>
public sealed class SigningKeys : IDisposable
{
    /// <summary>Says that the keys are others now.</summary>
    internal const string Channel = "signing_keys_changed";

    private const string Purpose = "signing_keys.sealed_private_key";

    // Far shorter than a new key is published before it signs, so every node knows it in time.
    private static readonly TimeSpan s_refreshed = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_clocksApart = TimeSpan.FromMinutes(1);

    private readonly IDbContextFactory<SpoqDbContext> _contexts;
    private readonly SecretBox _box;
    private readonly TimeProvider _clock;
    private readonly IDisposable _notices;
    private volatile Ring? _ring;

    public SigningKeys(IDbContextFactory<SpoqDbContext> contexts, SecretBox box, Notices notices, TimeProvider clock)
    {
        (_contexts, _box, _clock) = (contexts, box, clock);
        _notices = notices.Listen(Channel, _ => Forget());
    }

    public void Dispose() => _notices.Dispose();

    public async Task<Jwks> PublishedAsync(CancellationToken cancellationToken)
    {
        var ring = await RingAsync(cancellationToken);
        return PublishedAt(ring.Keys, _clock.GetUtcNow());
    }

    internal Task<string> SignAsync(TokenClaims claims, CancellationToken cancellationToken) => SignAsync(claims, TokenTypes.Jwt, cancellationToken);

    internal Task<string> SignAsync(TokenClaims claims, string type, CancellationToken cancellationToken) => SignAsync(null, claims, type, cancellationToken);

    /// <summary>What is published, ready to verify with; made anew only when the keys were read anew.</summary>
    internal async ValueTask<KeySet> VerifyingAsync(CancellationToken cancellationToken)
    {
        var ring = await RingAsync(cancellationToken);
        return ring.Verifying;
    }

    /// <param name="db">Of a caller that holds rows: news of a rotation may come at any moment, and many that then wait for a second connection would wait for each other.</param>
    /// <param name="claims">What it says.</param>
    /// <param name="type">Of <see cref="TokenTypes"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal async Task<string> SignAsync(SpoqDbContext? db, TokenClaims claims, string type, CancellationToken cancellationToken)
    {
        var ring = await RingAsync(cancellationToken, db);
        using var key = ECDsa.Create(ring.Private);
        return TokenSigner.Sign(claims, key, ring.Signer.Kid, type);
    }

    internal void Forget() => _ring = null;

    /// <summary>One at a time changes which keys there are; held until the transaction ends.</summary>
    internal static Task LockAsync(SpoqDbContext db, CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended('signing_keys', 0))", cancellationToken);

    internal SigningKey Make(DateTimeOffset publishedAt, DateTimeOffset activeAt)
    {
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var kid = VerificationKey.Publish(curve.ExportParameters(includePrivateParameters: false)).Kid!;
        var privateKey = curve.ExportPkcs8PrivateKey();
        var made = new SigningKey(kid, curve.ExportSubjectPublicKeyInfo(), _box.Seal(privateKey, Purpose), publishedAt, activeAt);
        CryptographicOperations.ZeroMemory(privateKey);
        return made;
    }

    private static KeySet Verifier(List<SigningKey> keys, DateTimeOffset now) => new(PublishedAt(keys, now));

    private static Jwks PublishedAt(List<SigningKey> keys, DateTimeOffset now) => new([.. keys.Where(key => key.IsPublishedAt(now) || key.IsPublishedAt(now + s_clocksApart)).Select(Publish)]);

    private static Jwk Publish(SigningKey key)
    {
        using var curve = ECDsa.Create();
        curve.ImportSubjectPublicKeyInfo(key.PublicKey, out _);
        return VerificationKey.Publish(curve.ExportParameters(includePrivateParameters: false));
    }

    private async Task<Ring> RingAsync(CancellationToken cancellationToken, SpoqDbContext? callers = null)
    {
        var now = _clock.GetUtcNow();
        if (_ring is { } held && now - held.ReadAt is var age && age >= TimeSpan.Zero && age < s_refreshed)
        {
            return held;
        }

        var keys = callers is null ? [] : await ReadAsync(callers, cancellationToken);
        if (SignerOf(keys, now) is null)
        {
            await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
            keys = await ReadAsync(db, cancellationToken);
            if (SignerOf(keys, now) is null)
            {
                // Another node may have made it while we waited, later than our now.
                keys = await MakeAsync(db, cancellationToken);
                now = _clock.GetUtcNow();
            }
        }

        var signer = SignerOf(keys, now)!;
        if (_ring is { } before && before.Signer.Kid == signer.Kid)
        {
            return _ring = before with { Keys = keys, Signer = signer, Verifying = Verifier(keys, now), ReadAt = now };
        }

        return _ring = new Ring(keys, signer, Open(signer), Verifier(keys, now), now);
    }

    private static Task<List<SigningKey>> ReadAsync(SpoqDbContext db, CancellationToken cancellationToken) =>
        db.Set<SigningKey>().AsNoTracking().OrderBy(key => key.ActiveAt).ThenBy(key => key.Kid).ToListAsync(cancellationToken);

    /// <summary>The first key of all was made by a node whose clock may stand a little later than ours.</summary>
    private static SigningKey? SignerOf(List<SigningKey> keys, DateTimeOffset now) =>
        keys.LastOrDefault(key => key.SignsAt(now)) ?? keys.FirstOrDefault(key => key.SignsAt(now + s_clocksApart));

    private async Task<List<SigningKey>> MakeAsync(SpoqDbContext db, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await LockAsync(db, cancellationToken);
        var keys = await ReadAsync(db, cancellationToken);
        var now = _clock.GetUtcNow();
        if (SignerOf(keys, now) is null)
        {
            // Nobody can have a token yet that this key should have signed, so it need not be published first.
            var made = Make(now, now);
            db.Add(made);
            await db.SaveChangesAsync(cancellationToken);
            keys.Add(made);
        }

        await transaction.CommitAsync(cancellationToken);
        return keys;
    }

    private ECParameters Open(SigningKey key)
    {
        using var curve = ECDsa.Create();
        curve.ImportPkcs8PrivateKey(_box.Open(key.SealedPrivateKey, Purpose), out _);
        return curve.ExportParameters(includePrivateParameters: true);
    }

    private sealed record Ring(List<SigningKey> Keys, SigningKey Signer, ECParameters Private, KeySet Verifying, DateTimeOffset ReadAt);
}
