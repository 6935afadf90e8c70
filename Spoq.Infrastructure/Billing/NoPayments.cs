using Spoq.Core.Billing;

namespace Spoq.Infrastructure.Billing;

/// <summary>Production without a payment provider: everything works but buying, which says that it is away.</summary>
internal sealed class NoPayments : IPayments
{
    private static PaymentsException Off => new("No payment provider is configured: set Stripe__SecretKey.");

    public Task<CheckoutPage> CreateCheckoutAsync(CheckoutOrder order, CancellationToken cancellationToken) => throw Off;

    public Task<CheckoutFacts?> FindCheckoutAsync(string reference, CancellationToken cancellationToken) => throw Off;

    public Task<CheckoutFacts> ExpireCheckoutAsync(string reference, CancellationToken cancellationToken) => throw Off;

    public Task<bool> RefundAsync(string reference, Guid intentId, CancellationToken cancellationToken) => throw Off;

    public Task<SubscriptionFacts?> FindSubscriptionAsync(string subscription, CancellationToken cancellationToken) => throw Off;

    public Task SetRenewalAsync(string subscription, bool isRenewed, CancellationToken cancellationToken) => throw Off;

    public Task SetPlanAsync(PlanChange change, CancellationToken cancellationToken) => throw Off;

    public Task<CollectedPayment> CollectAsync(PaymentDemand demand, CancellationToken cancellationToken) => throw Off;
}
