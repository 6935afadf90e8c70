using System.Globalization;

namespace Spoq.Core.Billing;

/// <summary>An amount in the currency's smallest unit; there is no floating point anywhere near money.</summary>
/// <param name="MinorUnits">Cents for dollars, yen for yen.</param>
/// <param name="Currency">ISO 4217, lower case.</param>
public readonly record struct Money(long MinorUnits, string Currency)
{
    private static readonly HashSet<string> s_withoutCents = ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"];

    private static readonly Dictionary<string, string> s_signs = new() { ["usd"] = "$", ["eur"] = "€", ["gbp"] = "£", ["jpy"] = "¥" };

    /// <summary>As people read it: <c>$15</c>, <c>$15.50</c>, <c>15 CHF</c>.</summary>
    public override string ToString()
    {
        var amount = Amount(Math.Abs((decimal)MinorUnits));
        var minus = MinorUnits < 0 ? "-" : "";
        return s_signs.TryGetValue(Currency, out var sign) ? $"{minus}{sign}{amount}" : $"{minus}{amount} {Currency.ToUpperInvariant()}";
    }

    private string Amount(decimal minorUnits)
    {
        if (s_withoutCents.Contains(Currency))
        {
            return minorUnits.ToString("#,0", CultureInfo.InvariantCulture);
        }

        return (minorUnits / 100).ToString(minorUnits % 100 == 0 ? "#,0" : "#,0.00", CultureInfo.InvariantCulture);
    }
}
