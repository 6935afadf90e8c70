using System.Globalization;
using System.Text;

namespace Spoq.Core.Devices;

/// <summary>A key's comment is a stranger's text: what cannot be seen is dropped, the rest is cut to a length that fits a line.</summary>
internal static class KeyComment
{
    public const int MaxLength = 128;

    public static string? Clean(string? comment)
    {
        if (string.IsNullOrWhiteSpace(comment))
        {
            return null;
        }

        var clean = new StringBuilder();
        foreach (var rune in comment.Trim().EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > MaxLength)
            {
                break;
            }

            if (IsVisible(rune))
            {
                clean.Append(rune);
            }
        }

        var text = clean.ToString().Trim();
        return text.Length == 0 ? null : text;
    }

    /// <summary>False for control characters, direction overrides, lone surrogates and the like.</summary>
    public static bool IsVisible(Rune rune) => rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned);
}
