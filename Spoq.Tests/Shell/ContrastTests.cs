using System.Globalization;
using System.Text.RegularExpressions;
using Spoq.Tests.Support;

namespace Spoq.Tests.Shell;

/// <summary>The colours as they are used, against WCAG 2.2: 4.5 for text (1.4.3), 3 for the outlines of controls and focus (1.4.11).</summary>
public sealed partial class ContrastTests
{
    private static readonly string[] s_grounds = ["paper", "surface", "sunken"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Text_and_outlines_stand_out_from_what_is_behind_them(bool isDark)
    {
        var colours = Read(isDark);
        var weak = Pairs().Where(pair => Ratio(colours[pair.Front], colours[pair.Behind]) < pair.Least)
            .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Front} on {pair.Behind}: {Ratio(colours[pair.Front], colours[pair.Behind]):0.00}"));

        Assert.Empty(weak);
    }

    [Fact]
    public void Black_on_white_is_21()
    {
        Assert.Equal(21, Ratio("#000000", "#ffffff"), 3);
        Assert.Equal(4.54, Ratio("#767676", "#ffffff"), 2);
    }

    private static IEnumerable<(string Front, string Behind, double Least)> Pairs()
    {
        const double Text = 4.5;
        const double Outline = 3;
        foreach (var ground in s_grounds)
        {
            foreach (var text in new[] { "ink", "muted", "accent", "accent-hover", "bad", "warn" })
            {
                yield return (text, ground, Text);
            }

            yield return ("line-strong", ground, Outline);
        }

        foreach (var (text, ground) in new[]
        {
            ("accent", "accent-soft"), ("warn", "warn-soft"), ("bad", "bad-soft"), ("ink", "accent-soft"), ("ink", "warn-soft"), ("ink", "bad-soft"), ("muted", "accent-soft"),
            ("on-accent", "accent"), ("on-accent", "accent-hover"), ("on-bad", "bad"), ("on-bad", "bad-hover"), ("paper", "ink"),
        })
        {
            yield return (text, ground, Text);
        }
    }

    private static Dictionary<string, string> Read(bool isDark)
    {
        var css = File.ReadAllText(Path.Combine(Repository.Root, "wwwroot", "css", "tokens.css"));
        var dark = css.IndexOf("@media (prefers-color-scheme: dark)", StringComparison.Ordinal);
        var colours = Colour().Matches(css[..dark]).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        foreach (var match in isDark ? Colour().Matches(css[dark..]) : Enumerable.Empty<Match>())
        {
            colours[match.Groups[1].Value] = match.Groups[2].Value;
        }

        return colours;
    }

    private static double Ratio(string one, string other)
    {
        var (a, b) = (Luminance(one), Luminance(other));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    private static double Luminance(string colour)
    {
        double Part(int at)
        {
            var value = int.Parse(colour.AsSpan(at, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
            return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
        }

        return (0.2126 * Part(1)) + (0.7152 * Part(3)) + (0.0722 * Part(5));
    }

    [GeneratedRegex("--([a-z-]+): (#[0-9a-f]{6});")]
    private static partial Regex Colour();
}
