using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Instances;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Instances;

/// <summary>Coming back from the checkout: whether it is paid is asked at the payment provider, never taken from the caller.</summary>
internal static class CheckoutEndpoints
{
    /// <summary>A payment that is on its way is waited for this long; then the caller asks again.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(2);

    public static void MapCheckoutConfirmation(this IEndpointRouteBuilder routes) => routes
        .MapApi("POST", InstanceEndpoints.One + "/checkout/confirm", ConfirmAsync).RequireAccount().Refuses(404, 409).WithTags("Instances")
        .WithSummary("Whether the checkout is paid").WithDescription(
            "200: paid, the computer is being built. 202: not paid yet; send the person to `checkout_url`, or ask again. Waits up to 10 seconds for the payment unless told `Prefer: wait=0`; nothing the caller sends can make it paid.");

    private static async Task<Results<Ok<CheckoutAnswer>, Accepted<CheckoutAnswer>, ProblemHttpResult>> ConfirmAsync(
        Guid instanceId, HttpRequest request, ClaimsPrincipal user, CheckoutConfirmation checkouts, MemberService members, TimeProvider clock, CancellationToken cancellationToken)
    {
        // RFC 7240, section 4.3: a caller that polls by itself does not want us to wait.
        var patience = request.Headers["Prefer"].ToString().Contains("wait=0", StringComparison.OrdinalIgnoreCase) ? TimeSpan.Zero : s_patience;
        var started = clock.GetTimestamp();
        while (true)
        {
            if (!(await checkouts.ReadAsync(user.AccountId(), instanceId, cancellationToken)).Try(out var intent, out var refusal))
            {
                return refusal.ToProblem();
            }

            switch (intent.State)
            {
                case CheckoutState.Paid:
                    return TypedResults.Ok(await AnswerAsync(intent, user.AccountId(), members, cancellationToken));
                case CheckoutState.Expired or CheckoutState.Replaced:
                    return BillingRefusals.CheckoutExpired.ToProblem();
                case CheckoutState.RefundDue or CheckoutState.Refunded:
                    return BillingRefusals.PaymentWentBack.ToProblem();
            }

            if (clock.GetElapsedTime(started) >= patience)
            {
                return TypedResults.Accepted($"{InstanceEndpoints.Root}/{instanceId}/status", await AnswerAsync(intent, user.AccountId(), members, cancellationToken));
            }

            await Task.Delay(s_look, clock, cancellationToken);
        }
    }

    private static async Task<CheckoutAnswer> AnswerAsync(CheckoutIntent intent, Guid accountId, MemberService members, CancellationToken cancellationToken)
    {
        var access = await members.FindAsync(accountId, intent.InstanceId, cancellationToken);
        var isPaid = intent.State == CheckoutState.Paid;
        return new CheckoutAnswer(
            isPaid ? "paid" : "pending", intent.PaidAmount ?? intent.Amount, intent.Currency, isPaid ? null : intent.Url, isPaid ? null : intent.ExpiresAt, intent.DeclinedTries, intent.PaidAt, InstanceAnswer.Of(access!));
    }

    /// <param name="Status"><c>paid</c> or <c>pending</c>.</param>
    /// <param name="Amount">In the currency's smallest unit: what was paid, or is to be.</param>
    private sealed record CheckoutAnswer(
        string Status, long Amount, string Currency, string? CheckoutUrl, DateTimeOffset? ExpiresAt, int DeclinedTries, DateTimeOffset? PaidAt, InstanceAnswer Instance);
}
