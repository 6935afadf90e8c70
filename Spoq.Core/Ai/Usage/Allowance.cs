using Spoq.Core.Billing;

namespace Spoq.Core.Ai.Usage;

/// <summary>
/// What an account may spend in a month. Tokens that the plan includes cost nothing; of what the month's tokens cost by
/// the plan's price, the share of the tokens beyond them is billed, and that is what the cap holds.
/// </summary>
/// <param name="Cap">In microdollars, beyond what is included.</param>
/// <param name="IncludedTokens">A month, of all classes together.</param>
/// <param name="Price">Of tokens beyond the included ones; null: there is no plan, and each model's own price counts.</param>
/// <param name="Used">In this month so far.</param>
public readonly record struct Allowance(long Cap, long IncludedTokens, TokenPrice? Price, Expense Used)
{
    public long UsedTokens => Used.Tokens;

    public long IncludedLeft => Math.Max(0, IncludedTokens - UsedTokens);

    /// <summary>What is billed, in microdollars, rounded up.</summary>
    public long Overage => UsedTokens <= IncludedTokens && IncludedTokens > 0 ? 0
        : IncludedTokens == 0 ? Used.At(Price)
        : (long)((((Int128)Used.At(Price) * (UsedTokens - IncludedTokens)) + UsedTokens - 1) / UsedTokens);

    public long CapLeft => Math.Max(0, Cap - Overage);

    /// <summary>Nothing more can be asked until the cap is raised or the month is over.</summary>
    public bool IsUsedUp => IncludedLeft == 0 && CapLeft == 0;

    /// <summary>Whether so much more is within what is included and the cap. It is never less when less is asked.</summary>
    public bool Covers(in Expense more) => (this with { Used = Used + more }).Overage <= Cap;
}
