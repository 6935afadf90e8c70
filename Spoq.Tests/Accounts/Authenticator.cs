using System.Text.RegularExpressions;
using Spoq.Core.Accounts;
using Spoq.Tests.Support;

namespace Spoq.Tests.Accounts;

/// <summary>An authenticator app, and how a person without scripts sets one up.</summary>
internal static partial class Authenticator
{
    public static string CodeOf(string secret, DateTimeOffset now) => Totp.Code(Base32(secret), Totp.StepAt(now));

    public static byte[] Base32(string text)
    {
        var bits = string.Concat(text.Select(letter => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(letter), 2).PadLeft(5, '0')));
        return [.. Enumerable.Range(0, bits.Length / 8).Select(n => Convert.ToByte(bits.Substring(n * 8, 8), 2))];
    }

    /// <returns>The recovery codes.</returns>
    public static async Task<IReadOnlyList<string>> TurnTwoFactorOnAsync(this HttpVisitor visitor)
    {
        const string Page = "/dashboard/account/two-factor";
        var shown = await visitor.ReadAsync(Page);
        var secret = Groups().Match(shown).Value.Replace(" ", "", StringComparison.Ordinal);
        var setUp = Uri.EscapeDataString(SetUp().Match(shown).Groups[1].Value);
        using var done = await visitor.SubmitAsync(Page, "turn-on", await visitor.FormTokenAsync(Page), $"set_up={setUp}&code={CodeOf(secret, DateTimeOffset.UtcNow)}");
        var codes = Item().Matches((await done.Content.ReadAsStringAsync()).Split("class=\"codes")[^1].Split("</ol>")[0]).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(10, codes.Count);
        return codes;
    }

    [GeneratedRegex("[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}")]
    private static partial Regex Groups();

    [GeneratedRegex("name=\"set_up\" value=\"([^\"]+)\"")]
    private static partial Regex SetUp();

    [GeneratedRegex("<li>([^<]+)</li>")]
    private static partial Regex Item();
}
