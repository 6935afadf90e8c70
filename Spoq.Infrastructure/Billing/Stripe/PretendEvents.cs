using System.Text.Json;
using System.Text.Json.Nodes;

namespace Spoq.Infrastructure.Billing.Stripe;

/// <summary>What Stripe would say, in its form and with one id for each thing that happened.</summary>
internal static class PretendEvents
{
    public static byte[] Completed(PretendCheckout session, DateTimeOffset now) => Event("checkout.session.completed", session, Session(session, "complete", "paid"), now);

    public static byte[] Expired(PretendCheckout session, DateTimeOffset now) => Event("checkout.session.expired", session, Session(session, "expired", "unpaid"), now);

    public static byte[] Refunded(PretendCheckout session, DateTimeOffset now) => Event(
        "charge.refunded",
        session,
        new JsonObject
        {
            ["id"] = $"ch_pretend_{session.IntentId:n}",
            ["object"] = "charge",
            ["amount"] = session.Amount,
            ["amount_refunded"] = session.Amount,
            ["currency"] = session.Currency,
            ["metadata"] = Metadata(session),
            ["refunded"] = true,
            ["status"] = "succeeded",
        },
        now);

    private static JsonObject Session(PretendCheckout session, string status, string paymentStatus) => new()
    {
        ["id"] = session.Id,
        ["object"] = "checkout.session",
        ["amount_total"] = session.Amount,
        ["cancel_url"] = session.CancelUrl,
        ["client_reference_id"] = session.IntentId.ToString("D"),
        ["created"] = session.CreatedAt.ToUnixTimeSeconds(),
        ["currency"] = session.Currency,
        ["customer"] = paymentStatus == "paid" ? $"cus_pretend_{session.AccountId:n}" : null,
        ["customer_email"] = session.Email,
        ["expires_at"] = session.ExpiresAt.ToUnixTimeSeconds(),
        ["livemode"] = false,
        ["metadata"] = Metadata(session),
        ["mode"] = "subscription",
        ["payment_status"] = paymentStatus,
        ["status"] = status,
        ["subscription"] = paymentStatus == "paid" ? $"sub_pretend_{session.IntentId:n}" : null,
        ["success_url"] = session.SuccessUrl,
    };

    private static JsonObject Metadata(PretendCheckout session) => new()
    {
        ["account"] = session.AccountId.ToString("D"),
        ["checkout_intent"] = session.IntentId.ToString("D"),
    };

    private static byte[] Event(string type, PretendCheckout session, JsonObject subject, DateTimeOffset now) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["id"] = $"evt_pretend_{session.IntentId:n}_{type.Replace('.', '_')}",
        ["object"] = "event",
        ["api_version"] = "2026-10-28.endive",
        ["created"] = now.ToUnixTimeSeconds(),
        ["data"] = new JsonObject { ["object"] = subject },
        ["livemode"] = false,
        ["pending_webhooks"] = 1,
        ["request"] = new JsonObject { ["id"] = null, ["idempotency_key"] = null },
        ["type"] = type,
    });
}
