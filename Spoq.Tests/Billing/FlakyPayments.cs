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
