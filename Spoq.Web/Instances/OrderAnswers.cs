using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Instances.Setup;

namespace Spoq.Web.Instances;

/// <summary>What is wanted. Members left out are as chosen before, else what the setup pages would suggest.</summary>
/// <param name="Address">The subdomain, such as <c>alice</c>.</param>
/// <param name="Subdomain">Another name for <c>address</c>.</param>
/// <param name="Username">The login name; without one it is made from the address.</param>
/// <param name="Plan">A key of <c>GET /api/plans</c>.</param>
/// <param name="Interval"><c>month</c> or <c>year</c>.</param>
/// <param name="Region">A key of <c>GET /api/regions</c>; without one the provider's first with room.</param>
internal sealed record OrderBody(
    string? Address = null, string? Subdomain = null, string? Username = null, string? Plan = null, string? Interval = null, string? Region = null)
{
    public Result<InstanceWish> Read() => Intervals.Read(Interval).Try(out var interval, out var refusal)
        ? new InstanceWish(Address ?? Subdomain, Username, Plan, interval.Value, Region)
        : refusal;
}

/// <param name="CheckoutUrl">Send the person there to pay.</param>
internal sealed record OrderAnswer(Guid Id, InstanceAnswer Instance, Guid CheckoutId, string CheckoutUrl)
{
    public static OrderAnswer Of(PlacedOrder order) =>
        new(order.Instance.Id, InstanceAnswer.Of(order.Instance, Core.Instances.InstanceRole.Owner), order.Checkout.IntentId, order.Checkout.Url);
}

/// <summary>An interval that may be left out.</summary>
internal readonly record struct GivenInterval(BillingInterval? Value);

internal static class Intervals
{
    public static Result<GivenInterval> Read(string? text) => text switch
    {
        null => new GivenInterval(null),
        "month" or "monthly" => new GivenInterval(BillingInterval.Month),
        "year" or "yearly" => new GivenInterval(BillingInterval.Year),
        _ => BillingRefusals.UnknownInterval,
    };
}
