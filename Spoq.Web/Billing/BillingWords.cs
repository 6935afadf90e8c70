using System.Globalization;
using Spoq.Core.Billing;
using Spoq.Infrastructure.Billing;

namespace Spoq.Web.Billing;

/// <summary>Money and dates as the billing page says them.</summary>
internal static class BillingWords
{
    public static string Day(DateTimeOffset? at) => at?.UtcDateTime.ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture) ?? "never";

    public static (string Text, string Tone) Standing(Subscription subscription) => subscription switch
    {
        { HeldAt: not null } => ("Held by support", "warn"),
        { Standing: Core.Billing.Standing.Cancelled } => ("Cancelled, still running", "warn"),
        { Standing: Core.Billing.Standing.Paused } => ("Paused", "bad"),
        { Standing: Core.Billing.Standing.Terminated } => ("Over", ""),
        { CancelAtPeriodEnd: true } => ("Cancelled, paid until its end", "warn"),
        { PaymentFailedAt: not null } => ("Payment failed", "bad"),
        _ => ("Active", "good"),
    };

    /// <summary>What cancelling means, with every date.</summary>
    public static string WhatHappens(SubscriptionView view, bool atPeriodEnd, DateTimeOffset now)
    {
        var subscription = view.Subscription;
        var end = atPeriodEnd && subscription.PaidUntil > now ? subscription.PaidUntil : now;
        var (paused, over) = (Day(end + Subscription.Grace), Day(end + Subscription.Grace + Subscription.Pause));
        return (view.IsOwnServer
            ? $"It runs until {paused}. Then nobody gets in through Spoq, and your server runs on. On {over} it is detached; nothing on it is deleted. "
            : $"It runs until {paused}. Then it is stopped and its data is kept. On {over} the computer, its data and its address record are deleted. ")
            + "Nothing more is charged, and until that day you can resume.";
    }
}
