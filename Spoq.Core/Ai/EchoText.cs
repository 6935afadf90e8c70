namespace Spoq.Core.Ai;

/// <summary>
/// Cuts text into tokens as byte-pair vocabularies roughly do: a word with the space before it, long words in pieces,
/// digits by threes, other signs alone. For the development model, whose counts are of exactly these.
/// </summary>
public static class EchoText
{
    private const int LongestWord = 8;
    private const int MostDigits = 3;

    public static IReadOnlyList<string> Tokens(string text)
    {
        var tokens = new List<string>(text.Length / 4);
        for (var at = 0; at < text.Length;)
        {
            var length = Next(text.AsSpan(at));
            tokens.Add(text.Substring(at, length));
            at += length;
        }

        return tokens;
    }

    public static int Count(string text)
    {
        var count = 0;
        for (var at = 0; at < text.Length; at += Next(text.AsSpan(at)))
        {
            count++;
        }

        return count;
    }

    private static int Next(ReadOnlySpan<char> text)
    {
        var start = text.Length > 1 && text[0] == ' ' && char.IsLetterOrDigit(text[1]) ? 1 : 0;
        var first = text[start];
        if (char.IsSurrogate(first))
        {
            return Math.Min(text.Length, start + 2);
        }

        var most = char.IsDigit(first) ? MostDigits : char.IsLetter(first) ? LongestWord : 1;
        var length = start + 1;
        while (length < text.Length && length - start < most && (char.IsDigit(first) ? char.IsDigit(text[length]) : char.IsLetter(text[length])))
        {
            length++;
        }

        return length;
    }
}
