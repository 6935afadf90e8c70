namespace Spoq.Core.Ai.Usage;

/// <summary>
/// What an account may spend in a month. Tokens that the plan includes cost nothing; of the month's cost, the share of
/// the tokens beyond them counts against the cap.
/// </summary>
/// <param name="Cap">In microdollars, beyond what is included.</param>
/// <param name="IncludedTokens">A month, of all classes together.</param>
/// <param name="UsedTokens">In this month so far.</param>
/// <param name="Cost">Of all tokens of this month so far, in microdollars.</param>
public readonly record struct Allowance(long Cap, long IncludedTokens, long UsedTokens, long Cost)
{
    /// <summary>What an included token that is not used yet is taken to be worth at least, in microdollars.</summary>
    private const long TokenWorth = 3;

    public long IncludedLeft => Math.Max(0, IncludedTokens - UsedTokens);

    /// <summary>What counts against the cap, in microdollars, rounded up.</summary>
    public long Overage => UsedTokens <= IncludedTokens ? 0
        : IncludedTokens == 0 ? Cost
        : (long)((((Int128)Cost * (UsedTokens - IncludedTokens)) + UsedTokens - 1) / UsedTokens);

    public long CapLeft => Math.Max(0, Cap - Overage);

    /// <summary>What calls may still cost, in microdollars; included tokens at the month's average price. Negative: the cap is passed.</summary>
    public long Left
    {
        get
        {
            var worth = UsedTokens == 0 ? TokenWorth : Math.Max(TokenWorth, Cost / UsedTokens);
            return (long)Int128.Min((Int128)Cap - Overage + ((Int128)IncludedLeft * worth), long.MaxValue);
        }
    }
}
