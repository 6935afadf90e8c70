using System.Text.Json;

namespace Spoq.Infrastructure.Billing.Stripe;

/// <summary>Their JSON, our words: which event, and which checkout it gives reason to look at.</summary>
/// <param name="Id">Stripe's id of the event.</param>
/// <param name="Type">Such as <c>checkout.session.completed</c>.</param>
/// <param name="Session">Their checkout; null: the event is about something else.</param>
/// <param name="IntentId">Our checkout, carried as <c>client_reference_id</c> or in the metadata.</param>
internal sealed record StripeEvent(string Id, string Type, string? Session, Guid? IntentId)
{
    public const int LongestText = 255;

    private static readonly HashSet<string> s_aboutCheckouts =
    [
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "charge.refunded",
    ];

    /// <summary>An event of any other type is kept and ignored.</summary>
    public bool IsAboutCheckout => s_aboutCheckouts.Contains(Type);

    /// <summary>Null: not an event.</summary>
    public static StripeEvent? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 32 });
            var root = document.RootElement;
            if (Text(root, "id") is not { } id || Text(root, "type") is not { } type)
            {
                return null;
            }

            var subject = Member(Member(root, "data"), "object");
            return new StripeEvent(id, type, Text(subject, "object") == "checkout.session" ? Text(subject, "id") : null, IntentIdOf(subject));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The second: half of a surrogate pair, which only shows when a text is read.
            return null;
        }
    }

    private static Guid? IntentIdOf(JsonElement? subject)
    {
        var text = Text(subject, "client_reference_id") ?? Text(Member(subject, "metadata"), "checkout_intent");
        return Guid.TryParseExact(text, "D", out var id) ? id : null;
    }

    private static JsonElement? Member(JsonElement? of, string name) =>
        of is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var member) ? member : null;

    private static string? Text(JsonElement? of, string name) =>
        Member(of, name) is { ValueKind: JsonValueKind.String } member && member.GetString() is { Length: > 0 and <= LongestText } text && !text.Any(char.IsControl) ? text : null;
}
