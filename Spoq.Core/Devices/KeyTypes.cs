using System.Collections.Frozen;

namespace Spoq.Core.Devices;

/// <summary>Which key types come in, and why the others stay out.</summary>
internal static class KeyTypes
{
    public const string Ed25519 = "ssh-ed25519";
    public const string Rsa = "ssh-rsa";
    public const string SecurityKeyEd25519 = "sk-ssh-ed25519@openssh.com";
    public const string SecurityKeyEcdsa = "sk-ecdsa-sha2-nistp256@openssh.com";

    private static readonly FrozenSet<string> s_accepted = FrozenSet.Create(
        StringComparer.Ordinal,
        Ed25519, Rsa, "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", SecurityKeyEd25519, SecurityKeyEcdsa);

    private static readonly FrozenSet<string> s_otherKnown = FrozenSet.Create(
        StringComparer.Ordinal,
        "ssh-dss", "ssh-dsa", "ssh-ed448", "ssh-xmss@openssh.com", "rsa-sha2-256", "rsa-sha2-512", "webauthn-sk-ecdsa-sha2-nistp256@openssh.com");

    /// <summary>Whether a word is the name of a key type, welcome or not.</summary>
    public static bool Knows(string word) => s_accepted.Contains(word) || s_otherKnown.Contains(word) || IsCertificate(word);

    public static Refusal? Refuse(string type) => type switch
    {
        _ when s_accepted.Contains(type) => null,
        _ when IsCertificate(type) => DeviceRefusals.Certificate,
        "ssh-dss" or "ssh-dsa" => DeviceRefusals.Dsa,
        _ when s_otherKnown.Contains(type) => DeviceRefusals.UnsupportedType(type),
        _ => DeviceRefusals.NotAKey,
    };

    private static bool IsCertificate(string word) =>
        word.Length < 80 && (word.EndsWith("-cert-v01@openssh.com", StringComparison.Ordinal) || word.EndsWith("-cert-v00@openssh.com", StringComparison.Ordinal));
}
