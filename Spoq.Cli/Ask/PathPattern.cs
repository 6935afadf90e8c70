using System.Text;
using System.Text.RegularExpressions;

namespace Spoq.Cli.Ask;

/// <summary>Patterns as shells and gitignore(5) write them: <c>*</c> and <c>?</c> stay within a folder, <c>**</c> does not.</summary>
internal static class PathPattern
{
    public static bool IsPattern(string text) => text.AsSpan().ContainsAny('*', '?', '[');

    /// <summary>Matches whole paths with <c>/</c> between folders.</summary>
    public static Regex Compile(string pattern)
    {
        var expression = new StringBuilder("^");
        for (var at = 0; at < pattern.Length; at++)
        {
            at = Translate(pattern, at, expression);
        }

        try
        {
            return new Regex(expression.Append('$').ToString(), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (ArgumentException)
        {
            // Such as [b-a], which for git and shells is a range that holds nothing.
            return new Regex("(?!)", RegexOptions.CultureInvariant);
        }
    }

    private static int Translate(string pattern, int at, StringBuilder expression)
    {
        switch (pattern[at])
        {
            case '*' when pattern.AsSpan(at).StartsWith("**/", StringComparison.Ordinal):
                expression.Append("(?:.*/)?");
                return at + 2;
            case '*' when pattern.AsSpan(at).StartsWith("**", StringComparison.Ordinal):
                expression.Append(".*");
                return at + 1;
            case '*':
                expression.Append("[^/]*");
                return at;
            case '?':
                expression.Append("[^/]");
                return at;
            case '[' when pattern.IndexOf(']', Math.Min(at + 2, pattern.Length)) is > 0 and var end:
                var inside = pattern[(at + 1)..end].Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal);
                expression.Append('[').Append(inside.StartsWith('!') ? "^" + inside[1..] : inside).Append(']');
                return end;
            case '\\' when at + 1 < pattern.Length:
                expression.Append(Regex.Escape(pattern[at + 1].ToString()));
                return at + 1;
            default:
                expression.Append(Regex.Escape(pattern[at].ToString()));
                return at;
        }
    }
}
