using System.Globalization;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Billing;

/// <summary>What we write to people whose subscription ends, or does not after all. Every date stands in the mail.</summary>
internal static class LadderMails
{
    public static Mail Cancelled(string to, Instance instance, Subscription subscription, Uri billing) => MailText.Write(to, $"Cancelled: {instance.Hostname}", $"""
        {Why(subscription, instance.Hostname)}

        This is what happens now:

        {Dates(instance, subscription)}

        Nothing more is charged. {Save(instance, subscription)} until then "Resume" on your billing page takes all of it back:

        {billing}
        """);

    public static Mail WillCancel(string to, Instance instance, Subscription subscription, Uri billing) => MailText.Write(to, $"Cancelled: {instance.Hostname}", $"""
        You cancelled the subscription of {instance.Hostname}. It is paid until {Day(subscription.PaidUntil)} and runs until then as before.

        This is what happens after that:

        {Dates(instance, subscription)}

        Nothing more is charged. Until {Day(subscription.TerminatesAt)} "Resume" on your billing page takes all of it back:

        {billing}
        """);

    public static Mail PauseWarning(string to, Instance instance, Subscription subscription, Uri billing) => MailText.Write(to, $"{instance.Hostname} stops tomorrow", $"""
        The subscription of {instance.Hostname} has ended, and {(instance.IsOwnServer ? "from" : "its computer stops on")} {Day(subscription.PausesAt)}{(instance.IsOwnServer ? " nobody gets in through Spoq any more" : "")}.

        {(instance.IsOwnServer ? $"On {Day(subscription.TerminatesAt)} your server is detached; nothing on it is deleted." : $"Its data is kept until {Day(subscription.TerminatesAt)}.")} To keep the computer running, press "Resume" on your billing page:

        {billing}
        """);

    public static Mail Paused(string to, Instance instance, Subscription subscription, Uri billing) => instance.IsOwnServer
        ? MailText.Write(to, $"{instance.Hostname} is stopped, your server runs on", $"""
            The grace period is over, so {instance.Hostname} was stopped: nobody gets in through Spoq. Your server runs on, and nothing on it is deleted. On {Day(subscription.TerminatesAt)} it is detached, and its address record goes.

            "Resume" on your billing page starts it again:

            {billing}
            """)
        : MailText.Write(to, $"{instance.Hostname} is stopped, its data is kept", $"""
            The grace period is over, so {instance.Hostname} was stopped. Its data is kept until {Day(subscription.TerminatesAt)}; then the computer, its data and its address record are deleted for good.

            "Resume" on your billing page starts it again with everything on it:

            {billing}
            """);

    public static Mail TerminationWarning(string to, Instance instance, Subscription subscription, Uri billing) => instance.IsOwnServer
        ? MailText.Write(to, $"{instance.Hostname} will be detached on {Day(subscription.TerminatesAt)}", $"""
            This is the last mail before your server is detached from Spoq: on {Day(subscription.TerminatesAt)}. Its address {instance.Hostname} goes then; nothing on your server is deleted.

            "Resume" on your billing page keeps everything:

            {billing}
            """)
        : MailText.Write(to, $"{instance.Hostname} will be deleted on {Day(subscription.TerminatesAt)}", $"""
            This is the last mail before {instance.Hostname} is deleted, with all its data and its address record: on {Day(subscription.TerminatesAt)}. After that nobody can bring it back, not even we.

            "Resume" on your billing page keeps everything:

            {billing}
            """);

    public static Mail Terminated(string to, Instance instance, Uri dashboard) => MailText.Write(to, $"{instance.Hostname} is being {(instance.IsOwnServer ? "detached" : "deleted")}", $"""
        The subscription of {instance.Hostname} is over. {Removed(instance)} Nobody else can take its name for 30 days.

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

    private static string Removed(Instance instance) => instance.IsOwnServer
        ? "Its address record and every key of Spoq on your server are being removed now; what is on your server stays."
        : "Its computer, its data, its address record and every key of it are being removed now.";

    private static string Why(Subscription subscription, string hostname) => subscription.EndReason == SubscriptionEnd.PaymentFailed
        ? $"The payment for {hostname} could not be collected, so its subscription has ended."
        : $"The subscription of {hostname} has ended, as you asked.";

    private static string Dates(Instance instance, Subscription subscription) => $"""
        Until {Day(subscription.PausesAt)}: your computer runs on.
        From {Day(subscription.PausesAt)}: {(instance.IsOwnServer ? "nobody gets in through Spoq; your server runs on." : "it is stopped, its data is kept.")}
        On {Day(subscription.TerminatesAt)}: {(instance.IsOwnServer ? "your server is detached, its address record goes; nothing on it is deleted." : "computer, data and address record are deleted.")}
        """;

    private static string Save(Instance instance, Subscription subscription) => instance.IsOwnServer
        ? $"It is final on {Day(subscription.TerminatesAt)};"
        : $"Save what you want to keep before {Day(subscription.TerminatesAt)};";

    private static string Day(DateTimeOffset? at) => at!.Value.UtcDateTime.ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
