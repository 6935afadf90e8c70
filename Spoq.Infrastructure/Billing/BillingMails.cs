using Spoq.Core.Billing;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Billing;

/// <summary>What we write to people about their money.</summary>
internal static class BillingMails
{
    public static Mail Receipt(string to, Purchase purchase, Uri setup) => MailText.Write(to, $"Your receipt: {purchase.Paid} for {purchase.Hostname}", $"""
        Thank you. Your payment has arrived, and we are setting up your computer.

        Paid: {purchase.Paid} on {purchase.PaidAt:d MMMM yyyy}
        Plan: {purchase.Plan}, {(purchase.Interval == BillingInterval.Year ? "paid by the year" : "paid by the month")}
        Address: {purchase.Hostname}

        You need not wait: we write again when your computer is ready. If you like, watch it being made:

        {setup}

        Paid means running or refunded. Should your computer not come up, {purchase.Paid} goes back to you.
        """);

    /// <param name="to">Its customer.</param>
    /// <param name="purchase">What was paid.</param>
    /// <param name="reason">A sentence; null: it was sent back at the payment provider.</param>
    /// <param name="next">Where the customer goes on.</param>
    public static Mail Refund(string to, Purchase purchase, string? reason, Uri next) => MailText.Write(to, $"Your refund: {purchase.Paid} for {purchase.Hostname}", $"""
        {purchase.Paid} is on its way back to you. {reason ?? "The payment was refunded."}

        Refunded: {purchase.Paid}, all that was paid on {purchase.PaidAt:d MMMM yyyy}
        Plan: {purchase.Plan}
        Address: {purchase.Hostname}

        The money goes to the card or account you paid with. Banks usually take 5 to 10 working days to show it; you need not do anything.

        See what you have, or start again:

        {next}
        """);

    /// <summary>What receipts and refunds name.</summary>
    /// <param name="Plan">Its name, as it was shown.</param>
    public sealed record Purchase(Money Paid, DateTimeOffset PaidAt, string Plan, BillingInterval Interval, string Hostname);
}
