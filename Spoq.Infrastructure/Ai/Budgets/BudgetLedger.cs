using Spoq.Core;

namespace Spoq.Infrastructure.Ai.Budgets;

/// <summary>Holds the monthly caps by reservation: the worst case is set aside before a call and settled after it.</summary>
public sealed class BudgetLedger
{
    /// <summary>Completes at once where the account's budget is known on this node.</summary>
    public ValueTask<Result<Reservation>> ReserveAsync(Guid accountId, Guid? apiKeyId, long worstCaseMicrodollars, CancellationToken cancellationToken) =>
        ValueTask.FromResult<Result<Reservation>>(new Reservation());
}

/// <summary>Money set aside for one call. The first of <see cref="Settle"/> and <see cref="Release"/> counts. End the metered call first.</summary>
public sealed class Reservation
{
    public void Settle(long costMicrodollars)
    {
    }

    public void Release()
    {
    }
}
