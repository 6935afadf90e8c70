using Spoq.Core.Wire;

namespace Spoq.Core.Access;

/// <summary>The keys an issuer published, found by <c>kid</c>.</summary>
public sealed class KeySet
{
    private readonly Dictionary<string, VerificationKey> _keys = new(StringComparer.Ordinal);

    /// <summary>Keys that are of no use here are passed over, as RFC 7517 section 5 asks.</summary>
    public KeySet(Jwks jwks)
    {
        foreach (var jwk in jwks.Keys)
        {
            if (VerificationKey.From(jwk) is { } key)
            {
                _keys.TryAdd(key.Kid, key);
            }
        }
    }

    public int Count => _keys.Count;

    public VerificationKey? Find(string kid) => _keys.GetValueOrDefault(kid);
}
