namespace Spoq.Core.Ai.Usage;

/// <summary>The most that an account's AI may cost in a month beyond what its plan includes, where the owner set one.</summary>
public sealed class UsageCap(Guid accountId, long monthlyCap, DateTimeOffset setAt)
{
    /// <summary>In microdollars: ten dollars, until the owner says otherwise.</summary>
    public const long Default = 10_000_000;

    /// <summary>In microdollars: a hundred thousand dollars; more is a typing mistake.</summary>
    public const long Most = 100_000_000_000;

    public Guid AccountId { get; private set; } = accountId;

    /// <summary>In microdollars; 0: nothing beyond what is included.</summary>
    public long MonthlyCap { get; private set; } = monthlyCap;

    public DateTimeOffset SetAt { get; private set; } = setAt;

    public static Refusal? Check(long monthlyCap) => monthlyCap is < 0 or > Most ? BudgetRefusals.BadCap : null;

    public void Set(long monthlyCap, DateTimeOffset now) => (MonthlyCap, SetAt) = (monthlyCap, now);
}

/// <summary>What one node has admitted that PostgreSQL does not hold as events yet: the others leave room for it.</summary>
public sealed class UsageHold
{
    public Guid NodeId { get; private set; }

    public Guid AccountId { get; private set; }

    /// <summary>All zero: of the account as a whole.</summary>
    public Guid ApiKeyId { get; private set; }

    /// <summary>By the models' own prices.</summary>
    public long Microdollars { get; private set; }

    public long InputTokens { get; private set; }

    public long OutputTokens { get; private set; }

    /// <summary>A node that died is believed until then; after it, its calls are events or were never made.</summary>
    public DateTimeOffset ValidUntil { get; private set; }
}

/// <summary>That an account was told of a threshold in a month: told once, for each cap.</summary>
public sealed class UsageAlert
{
    public const string Included = "included";

    public Guid AccountId { get; private set; }

    public DateOnly Month { get; private set; }

    /// <summary>What it is a share of: <c>included</c> tokens, or <c>cap:</c> and the cap in microdollars.</summary>
    public string Allowance { get; private set; } = "";

    public int Percent { get; private set; }

    public DateTimeOffset At { get; private set; }

    /// <summary>Whoever raised the cap is told again when the new one is near; whoever put the same back is not.</summary>
    public static string Cap(long monthlyCap) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"cap:{monthlyCap}");
}
