using System.Text;

namespace Spoq.Core.Instances.Setup;

/// <summary>Other addresses near to the one that was typed. The caller asks which of them are free, all at once.</summary>
public static class AddressSuggestions
{
    public const int Shown = 3;

    private const int LongestEnding = 8;

    private static readonly string[] s_patterns =
        ["{0}", "my-{0}", "{0}-hq", "{0}-box", "the-{0}", "{0}-home", "{0}-hub", "hey-{0}", "{0}-lab", "{0}-2", "{0}-one", "{0}-desk"];

    /// <summary>Candidates in the order they please, each a valid address.</summary>
    public static IReadOnlyList<string> For(string? typed)
    {
        var stem = Stem(typed);
        if (stem.Length == 0)
        {
            return [];
        }

        var found = new List<string>();
        foreach (var pattern in s_patterns)
        {
            var candidate = pattern.Replace("{0}", stem, StringComparison.Ordinal);
            if (candidate != typed && Address.Check(candidate).Try(out var address, out _) && !found.Contains(address))
            {
                found.Add(address);
            }
        }

        return found;
    }

    /// <summary>What was meant: accents and look-alike letters written plainly, anything else a hyphen.</summary>
    private static string Stem(string? typed)
    {
        var text = new StringBuilder();
        foreach (var c in (typed ?? "").Take(Address.MaxLength).Select(char.ToLowerInvariant))
        {
            var plain = PlainLetters.Of(c);
            if (plain.Length > 0)
            {
                text.Append(plain);
            }
            else if (c is not '\'' and not '’' && text.Length > 0 && text[^1] != '-')
            {
                text.Append('-');
            }
        }

        var longest = Math.Min(text.Length, Address.MaxLength - LongestEnding);
        return text.ToString(0, longest).Trim('-');
    }
}
