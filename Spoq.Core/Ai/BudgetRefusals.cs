namespace Spoq.Core.Ai;

/// <summary>Every "no" that money says to an AI request.</summary>
public static class BudgetRefusals
{
    /// <summary>OpenAI's own code, which clients know.</summary>
    public const string InsufficientQuota = "insufficient_quota";

    public static readonly Refusal AccountCap = new(
        InsufficientQuota, "This month's cap does not cover this request. Raise the cap on the Usage page of the dashboard, send a smaller max_tokens, or wait for the first of the month.", RefusalKind.TooMany);

    public static readonly Refusal KeyCap = new(
        InsufficientQuota, "This API key's monthly cap does not cover this request. Use a key with a higher cap, send a smaller max_tokens, or wait for the first of the month.", RefusalKind.TooMany);

    public static readonly Refusal Unknown = new(
        "budget_unavailable", "What is left of this month's budget cannot be read at the moment. Send the request again in a moment.", RefusalKind.Unavailable)
    {
        RetryAfter = TimeSpan.FromSeconds(2),
    };

    public static readonly Refusal BadCap = new(
        "bad_cap", "Choose a monthly cap from $0 to $100,000.", Field: "monthly_cap");
}
