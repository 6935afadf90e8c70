using System.Buffers;
using System.Globalization;

namespace Spoq.Core.Accounts;

/// <summary>Which e-mail addresses we take: those every mail server takes (RFC 5321 dot-atoms), so no quoted ones.</summary>
public static class EmailAddress
{
    public const int MaxLength = 254;
    private const int MaxLocalLength = 64;

    private static readonly SearchValues<char> s_atom =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+/=?^_`{|}~-.");

    private static readonly SearchValues<char> s_label = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly IdnMapping s_idn = new();

    /// <summary>The address to keep and send to: the domain in lower case and in its ASCII form, where look-alikes show.</summary>
    public static Result<string> Check(string? text)
    {
        var typed = text?.Trim() ?? "";
        if (typed.Length == 0)
        {
            return AccountRefusals.EmailMissing;
        }

        var at = typed.LastIndexOf('@');
        if (typed.Length > MaxLength || at is < 1 or > MaxLocalLength)
        {
            return AccountRefusals.EmailMalformed;
        }

        var local = typed[..at];
        if (!Ascii(local))
        {
            return AccountRefusals.EmailForeignLetters;
        }

        var isAtom = !local.AsSpan().ContainsAnyExcept(s_atom) && local[0] != '.' && local[^1] != '.' && !local.Contains("..", StringComparison.Ordinal);
        return isAtom && Domain(typed[(at + 1)..]) is { } domain && at + 1 + domain.Length <= MaxLength
            ? $"{local}@{domain}"
            : AccountRefusals.EmailMalformed;
    }

    private static bool Ascii(string text) => text.All(char.IsAscii);

    private static string? Domain(string typed)
    {
        string domain;
        try
        {
            domain = (Ascii(typed) ? typed : s_idn.GetAscii(typed)).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return null;
        }

        var labels = domain.Split('.');
        return labels.Length >= 2 && labels.All(label => label.Length is > 0 and <= 63 && !label.AsSpan().ContainsAnyExcept(s_label) && label[0] != '-' && label[^1] != '-')
            ? domain
            : null;
    }
}
