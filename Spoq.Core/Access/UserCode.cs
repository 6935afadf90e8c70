using System.Text;

namespace Spoq.Core.Access;

/// <summary>
/// Three of 4096 words, <c>BLUE-FISH-TREE</c>: 36 bits that a person reads from one screen and types at another
/// (RFC 8628, section 6.1). No two words are one letter apart, so a typing mistake is never another code.
/// </summary>
public static class UserCode
{
    public const int Words = 3;

    public const int ListLength = 4096;

    /// <summary>More than any code is long, however it is parted.</summary>
    private const int MaxTyped = 100;

    private static readonly Lazy<string[]> s_list = new(Load);

    private static readonly Lazy<HashSet<string>> s_known = new(() => [.. s_list.Value]);

    public static IReadOnlyList<string> List => s_list.Value;

    /// <param name="draw">A number below <see cref="ListLength"/>, one for each word.</param>
    public static string Of(ReadOnlySpan<int> draw) =>
        draw.Length == Words ? $"{List[draw[0]]}-{List[draw[1]]}-{List[draw[2]]}" : throw new ArgumentException("A code has three words.", nameof(draw));

    /// <summary>
    /// The code as it was given out, whatever stands between the words and in whichever case; also when nothing stands
    /// between them, as long as that reads in one way only. Null: no code of ours.
    /// </summary>
    public static string? Read(string? typed)
    {
        if (typed is not { Length: > 0 and <= MaxTyped })
        {
            return null;
        }

        var parts = Parts(typed);
        if (parts is [var alone])
        {
            return Split(alone);
        }

        return parts.Count == Words && parts.All(s_known.Value.Contains) ? string.Join('-', parts) : null;
    }

    private static List<string> Parts(string typed)
    {
        var parts = new List<string>();
        var part = new StringBuilder();
        foreach (var c in typed)
        {
            if (char.IsAsciiLetter(c))
            {
                part.Append(char.ToUpperInvariant(c));
            }
            else if (part.Length > 0)
            {
                parts.Add(part.ToString());
                part.Clear();
            }
        }

        if (part.Length > 0)
        {
            parts.Add(part.ToString());
        }

        return parts;
    }

    private static string? Split(string run)
    {
        string? found = null;
        for (var first = 3; first <= run.Length - 6; first++)
        {
            for (var second = first + 3; second <= run.Length - 3; second++)
            {
                string[] words = [run[..first], run[first..second], run[second..]];
                if (!words.All(s_known.Value.Contains))
                {
                    continue;
                }

                if (found is not null)
                {
                    return null;
                }

                found = string.Join('-', words);
            }
        }

        return found;
    }

    private static string[] Load()
    {
        using var stream = typeof(UserCode).Assembly.GetManifestResourceStream("device-words.txt")!;
        using var reader = new StreamReader(stream);
        var words = reader.ReadToEnd().ToUpperInvariant().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return words.Length == ListLength ? words : throw new InvalidOperationException($"The list of words holds {words.Length}.");
    }
}
