using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>What we write to people about their computer being made.</summary>
internal static class ProvisioningMails
{
    public static Mail Ready(string to, Instance instance, Uri dashboard) => MailText.Write(to, $"Your computer is ready: {instance.Hostname}", $"""
        Your computer is running and waiting for you at {instance.Hostname}.

        Talk to it, and see how it is doing, on your dashboard:

        {dashboard}
        {Terminal(instance)}
        """.TrimEnd());

    public static Mail Failed(string to, Instance instance, Uri setup) => MailText.Write(to, $"Setting up {instance.Hostname} failed", $"""
        We are sorry: we could not finish setting up your computer {instance.Hostname}. {instance.ErrorMessage}

        Choose what happens next:

        {setup}

        "Try again" goes on where it stopped. "Cancel and refund" removes what was made and sends your whole payment back.

        If you choose neither within {ProvisioningPlan.ChoiceTime.TotalMinutes:0} minutes, by {instance.DueAt:HH:mm} UTC, we cancel and refund by ourselves. You never pay for a computer that did not come up.
        """);

    /// <summary>Whoever ended it: a server that its owner brought is let go.</summary>
    public static Mail Detached(string to, Instance instance, Uri dashboard) => MailText.Write(to, $"Your server is detached: {instance.Hostname}", $"""
        Your server is detached from Spoq. Its address {instance.Hostname} is gone, and no key or token of ours counts on it any more. Nothing on it was deleted.

        Our programs are still there, and do nothing. To take them off as well, run this on your server:

        sudo spoq-detach

        It removes the Conductor, its services and settings, our line in your SSH server's configuration and our site in Caddy. Homes, files and everything of yours stay.

        {dashboard}
        """);

    private static string Terminal(Instance instance) => instance.HostKeyFingerprint is not { } fingerprint ? "" : $"""

        From a terminal:

        ssh {instance.Username}@{instance.Hostname}

        The first time, your terminal shows this fingerprint; it must be the same:

        {fingerprint}
        """;
}
