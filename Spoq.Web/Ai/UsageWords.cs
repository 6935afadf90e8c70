using System.Globalization;

namespace Spoq.Web.Ai;

/// <summary>Figures as people read them.</summary>
internal static class UsageWords
{
    public static string Dollars(long microdollars) => microdollars is > 0 and < 10_000
        ? "<$0.01"
        : string.Create(CultureInfo.InvariantCulture, $"${microdollars / 1_000_000m:N2}");

    public static string Tokens(long tokens) => tokens switch
    {
        < 10_000 => tokens.ToString("N0", CultureInfo.InvariantCulture),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{tokens / 1000m:0.#}K"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{tokens / 1_000_000m:0.##}M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{tokens / 1_000_000_000m:0.##}B"),
    };

    public static double Percent(long used, long of) => of <= 0 ? 0 : (double)((Int128)Math.Max(0, used) * 1000 / of) / 10;
}
