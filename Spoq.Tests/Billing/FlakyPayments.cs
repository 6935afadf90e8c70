using Spoq.Core.Billing;

namespace Spoq.Tests.Billing;

/// <summary>The payment provider behind a line that can be cut: before it acts, or after it has.</summary>
internal sealed class FlakyPayments(IPayments inner) : IPayments
{
    public bool Away { get; set; }

    /// <summary>Acts, then the answer is lost.</summary>
    public bool LosesAnswers { get; set; }

    /// <summary>Awaited before a checkout is made.</summary>
    public Func<CheckoutOrder, Task> DuringCreate { get; set; } = _ => Task.CompletedTask;

    public async Task<CheckoutPage> CreateCheckoutAsync(CheckoutOrder order, CancellationToken cancellationToken)
    {
        await DuringCreate(order);
        return await CallAsync(() => inner.CreateCheckoutAsync(order, cancellationToken));
    }

    public Task<CheckoutFacts?> FindCheckoutAsync(string reference, CancellationToken cancellationToken) => CallAsync(() => inner.FindCheckoutAsync(reference, cancellationToken));

    public Task<CheckoutFacts> ExpireCheckoutAsync(string reference, CancellationToken cancellationToken) => CallAsync(() => inner.ExpireCheckoutAsync(reference, cancellationToken));

    public Task<bool> RefundAsync(string reference, Guid intentId, CancellationToken cancellationToken) => CallAsync(() => inner.RefundAsync(reference, intentId, cancellationToken));

    /// <summary>The card has nothing on it.</summary>
    public bool Declines { get; set; }

    /// <summary>Told instead of what the provider knows of a subscription.</summary>
    public Func<string, SubscriptionFacts>? Renewal { get; set; }

    /// <summary>Awaited after a payment was collected, before we hear of it.</summary>
    public Func<Task> AfterCollect { get; set; } = () => Task.CompletedTask;

    /// <summary>What was collected and what was told of renewals, in order.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<string> Calls { get; } = [];

    public Task<SubscriptionFacts?> FindSubscriptionAsync(string subscription, CancellationToken cancellationToken) => CallAsync(async () =>
        Renewal is { } told ? told(subscription) : await inner.FindSubscriptionAsync(subscription, cancellationToken));

    public Task SetRenewalAsync(string subscription, bool isRenewed, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        Calls.Enqueue($"{subscription} {(isRenewed ? "renews" : "ends")}");
        await inner.SetRenewalAsync(subscription, isRenewed, cancellationToken);
        return true;
    });

    public Task SetPlanAsync(PlanChange change, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        Calls.Enqueue($"{change.Subscription} is {change.Plan} for {change.Price}");
        await inner.SetPlanAsync(change, cancellationToken);
        return true;
    });

    public Task<CollectedPayment> CollectAsync(PaymentDemand demand, CancellationToken cancellationToken) => CallAsync(async () =>
    {
        if (Declines)
        {
            return new CollectedPayment(IsPaid: false, $"declined_{demand.PaymentId:n}", null);
        }

        var collected = await inner.CollectAsync(demand, cancellationToken);
        await AfterCollect();
        return collected;
    });

    private async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        if (Away)
        {
            throw new PaymentsException("The line is cut.");
        }

        var answer = await call();
        return LosesAnswers ? throw new PaymentsException("The answer was lost.") : answer;
    }
}
