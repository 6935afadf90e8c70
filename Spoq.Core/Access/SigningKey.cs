namespace Spoq.Core.Access;

/// <summary>A key of ours: published before it signs, published on until its last token has died.</summary>
public sealed class SigningKey(string kid, byte[] publicKey, byte[] sealedPrivateKey, DateTimeOffset publishedAt, DateTimeOffset activeAt)
{
    /// <summary>The longest life of a token we sign, and some: how long a retired key stays published.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromMinutes(70);

    /// <summary>RFC 7638 thumbprint of the public key.</summary>
    public string Kid { get; private set; } = kid;

    /// <summary>SubjectPublicKeyInfo of a P-256 key.</summary>
    public byte[] PublicKey { get; private set; } = publicKey;

    /// <summary>PKCS#8, encrypted: a dump of the database signs nothing.</summary>
    public byte[] SealedPrivateKey { get; private set; } = sealedPrivateKey;

    public DateTimeOffset PublishedAt { get; private set; } = publishedAt;

    public DateTimeOffset ActiveAt { get; private set; } = activeAt;

    public DateTimeOffset? RetiredAt { get; private set; }

    public bool SignsAt(DateTimeOffset now) => ActiveAt <= now && (RetiredAt is null || now < RetiredAt);

    public bool IsPublishedAt(DateTimeOffset now) => PublishedAt <= now && (RetiredAt is null || now < RetiredAt + Overlap);

    /// <summary>Neither signs nor is published any more, as of now.</summary>
    public void Withdraw(DateTimeOffset now) => RetiredAt = now - Overlap;

    public void Retire(DateTimeOffset at) => RetiredAt ??= at;
}
