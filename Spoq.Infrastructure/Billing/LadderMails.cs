using System.Globalization;
using Spoq.Core.Billing;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Billing;

/// <summary>What we write to people whose subscription ends, or does not after all. Every date stands in the mail.</summary>
internal static class LadderMails
{
    public static Mail Cancelled(string to, string hostname, Subscription subscription, Uri billing) => MailText.Write(to, $"Cancelled: {hostname}", $"""
        {Why(subscription, hostname)}

        This is what happens now:

        {Dates(subscription)}

        Nothing more is charged. Save what you want to keep before {Day(subscription.TerminatesAt)}; until then "Resume" on your billing page takes all of it back:

        {billing}
        """);

    public static Mail WillCancel(string to, string hostname, Subscription subscription, Uri billing) => MailText.Write(to, $"Cancelled: {hostname}", $"""
        You cancelled the subscription of {hostname}. It is paid until {Day(subscription.PaidUntil)} and runs until then as before.

        This is what happens after that:

        {Dates(subscription)}

        Nothing more is charged. Until {Day(subscription.TerminatesAt)} "Resume" on your billing page takes all of it back:

        {billing}
        """);

    public static Mail PauseWarning(string to, string hostname, Subscription subscription, Uri billing) => MailText.Write(to, $"{hostname} stops tomorrow", $"""
        The subscription of {hostname} has ended, and its computer stops on {Day(subscription.PausesAt)}.

        Its data is kept until {Day(subscription.TerminatesAt)}. To keep the computer running, press "Resume" on your billing page:

        {billing}
        """);

    public static Mail Paused(string to, string hostname, Subscription subscription, Uri billing) => MailText.Write(to, $"{hostname} is stopped, its data is kept", $"""
        The grace period is over, so {hostname} was stopped. Its data is kept until {Day(subscription.TerminatesAt)}; then the computer, its data and its address record are deleted for good.

        "Resume" on your billing page starts it again with everything on it:

        {billing}
        """);

    public static Mail TerminationWarning(string to, string hostname, Subscription subscription, Uri billing) => MailText.Write(to, $"{hostname} will be deleted on {Day(subscription.TerminatesAt)}", $"""
        This is the last mail before {hostname} is deleted, with all its data and its address record: on {Day(subscription.TerminatesAt)}. After that nobody can bring it back, not even we.

        "Resume" on your billing page keeps everything:

        {billing}
        """);

    public static Mail Terminated(string to, string hostname, Uri dashboard) => MailText.Write(to, $"{hostname} is being deleted", $"""
        The subscription of {hostname} is over. Its computer, its data, its address record and every key of it are being removed now. Nobody else can take its name for 30 days.

        Thank you for having been here. You can set up a new computer at any time:

        {dashboard}
        """);

    public static Mail Resumed(string to, string hostname, Subscription subscription, Money? paid, Uri dashboard) => MailText.Write(to, $"Resumed: {hostname}", $"""
        The subscription of {hostname} is in force again. Nothing will be stopped or deleted.{(paid is { } price ? $"\n\nPaid: {price}, for the time until {Day(subscription.PaidUntil)}" : $"\n\nNothing was charged: it is paid until {Day(subscription.PaidUntil)}.")}

        See how your computer is doing:

        {dashboard}
        """);

    public static Mail PaymentFailed(string to, string hostname, Uri billing) => MailText.Write(to, $"Your payment for {hostname} failed", $"""
        The payment for another period of {hostname} could not be collected. Your computer runs on; the payment is tried again in the next days.

        Please check the card you pay with. If it cannot be collected at all, the subscription ends, with 7 days of grace and 30 days in which your data is kept:

        {billing}
        """);

    public static Mail Declined(string to, string hostname, Subscription subscription, Uri billing) => MailText.Write(to, $"{hostname} could not be resumed", $"""
        You asked to resume {hostname}, but the payment was declined and nothing was charged.

        {(subscription.TerminatesAt is { } date ? $"Its data is kept until {Day(date)}. " : "")}Check your card and press "Resume" again:

        {billing}
        """);

    public static Mail TooLate(string to, string hostname, Money paid, Uri dashboard) => MailText.Write(to, $"Your refund: {paid} for {hostname}", $"""
        {paid} is on its way back to you: the subscription of {hostname} had ended for good a moment before your payment arrived, so the payment buys nothing.

        The money goes to the card or account you paid with. Banks usually take 5 to 10 working days to show it; you need not do anything.

        {dashboard}
        """);

    private static string Why(Subscription subscription, string hostname) => subscription.EndReason == SubscriptionEnd.PaymentFailed
        ? $"The payment for {hostname} could not be collected, so its subscription has ended."
        : $"The subscription of {hostname} has ended, as you asked.";

    private static string Dates(Subscription subscription) => $"""
        Until {Day(subscription.PausesAt)}: your computer runs on.
        From {Day(subscription.PausesAt)}: it is stopped, its data is kept.
        On {Day(subscription.TerminatesAt)}: computer, data and address record are deleted.
        """;

    private static string Day(DateTimeOffset? at) => at!.Value.UtcDateTime.ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
