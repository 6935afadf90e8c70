namespace Spoq.Core.Billing;

/// <summary>What kind of machine a plan runs on; decides which providers can serve it.</summary>
public enum ServerKind
{
    Container,
    Vps,

    /// <summary>The customer brings the machine.</summary>
    OwnServer,
}

/// <summary>Where a plan's owner is answered.</summary>
public enum Support
{
    Community,
    Mail,
    Priority,
}

/// <summary>The machine a plan holds; all zero where the customer brings it.</summary>
public sealed record ServerSize(int Cpus, int MemoryGb, int DiskGb);

/// <summary>
/// What tokens beyond the included ones cost, in microdollars (a millionth of a dollar) for each thousand tokens:
/// the unit they are billed in, and the smallest in which every price is a whole number.
/// </summary>
public sealed record TokenPrice(long InputPerThousand, long OutputPerThousand);

/// <summary>What is bought.</summary>
/// <param name="Key">Stable, such as <c>vps-1</c>: part of the API and of every subscription.</param>
/// <param name="Summary">One line under the name.</param>
/// <param name="Yearly">Null: sold by the month only.</param>
/// <param name="IncludedTokens">A month, input and output together; 0: pay as you go from the first.</param>
public sealed record Plan(
    string Key,
    string Name,
    string Summary,
    ServerKind Server,
    ServerSize Size,
    Money Monthly,
    Money? Yearly,
    long IncludedTokens,
    TokenPrice Overage,
    bool AgentIdentity,
    Support Support)
{
    /// <summary>A password is only offered where the owner has the machine to themselves.</summary>
    public bool PasswordAllowed => Server == ServerKind.Vps;

    public IReadOnlyList<BillingInterval> Intervals => Yearly is null ? [BillingInterval.Month] : [BillingInterval.Month, BillingInterval.Year];

    /// <summary>Null: not sold by this interval.</summary>
    public Money? Price(BillingInterval interval) => interval == BillingInterval.Year ? Yearly : Monthly;
}
