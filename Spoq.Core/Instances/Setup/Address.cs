using System.Text;

namespace Spoq.Core.Instances.Setup;

/// <summary>What may be an instance's subdomain: a DNS label (RFC 1035) with rules of our own.</summary>
public static class Address
{
    public const int MinLength = 3;
    public const int MaxLength = 63;

    /// <summary>The address in its one spelling (lower case, no blanks around), or why it cannot be one.</summary>
    public static Result<string> Check(string? text)
    {
        var name = (text ?? "").Trim(' ');
        if (name.Length == 0)
        {
            return SetupRefusals.AddressMissing;
        }

        // Long input is refused before it is walked through: nobody types it by hand.
        if (name.Length > MaxLength)
        {
            return SetupRefusals.AddressTooLong;
        }

        foreach (var rune in name.EnumerateRunes())
        {
            if (!IsAllowed(rune))
            {
                return Rune.IsLetterOrDigit(rune) ? SetupRefusals.ForeignLetter(rune.ToString()) : SetupRefusals.AddressBadCharacters;
            }
        }

        name = name.ToLowerInvariant();
        if (name[0] == '-' || name[^1] == '-')
        {
            return SetupRefusals.AddressEdgeHyphen;
        }

        if (name.Contains("--", StringComparison.Ordinal))
        {
            return SetupRefusals.AddressDoubleHyphen;
        }

        if (name.Length < MinLength)
        {
            return SetupRefusals.AddressTooShort;
        }

        if (ReservedNames.Contains(name))
        {
            return SetupRefusals.AddressReserved;
        }

        return LookAlikes.Resembles(name) ? SetupRefusals.AddressLookAlike : name;
    }

    private static bool IsAllowed(Rune rune) => rune.IsAscii && (Rune.IsLetterOrDigit(rune) || rune.Value == '-');
}
