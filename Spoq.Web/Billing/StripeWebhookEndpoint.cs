using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core;
using Spoq.Infrastructure.Billing.Stripe;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Billing;

/// <summary>Stripe's way in: whoever holds the signing secret. Stored, committed, answered; the work comes after.</summary>
internal static class StripeWebhookEndpoint
{
    private static readonly Refusal s_tooLarge = new("body_too_large", $"A webhook may be {StripeInbox.LargestBody / 1024} KiB at most.");

    public static void MapStripeWebhook(this IEndpointRouteBuilder routes)
    {
        routes.MapApi("POST", "/webhooks/stripe", TakeAsync).AllowAnonymous().DisableAntiforgery()
            .WithSummary("What Stripe tells us").WithDescription("Signed by Stripe; stored and answered at once.").Takes<object>("application/json");
    }

    private static async Task<Results<Ok, ProblemHttpResult>> TakeAsync(HttpRequest request, StripeInbox inbox, CancellationToken cancellationToken)
    {
        // The signature covers the bytes as they came: nothing may parse them before.
        if (await ReadAsync(request, cancellationToken) is not { } body)
        {
            return s_tooLarge.ToProblem(StatusCodes.Status413PayloadTooLarge);
        }

        return await inbox.TakeAsync(request.Headers["Stripe-Signature"], body, cancellationToken) is { } no
            ? no.ToProblem(StatusCodes.Status400BadRequest)
            : TypedResults.Ok();
    }

    private static async Task<byte[]?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, cancellationToken)) > 0)
        {
            if (body.Length + read > StripeInbox.LargestBody)
            {
                return null;
            }

            body.Write(chunk, 0, read);
        }

        return body.ToArray();
    }

    private static ProblemHttpResult ToProblem(this Refusal refusal, int status) =>
        TypedResults.Problem(refusal.Message, statusCode: status, extensions: new Dictionary<string, object?> { [Problems.Code] = refusal.Code });
}
