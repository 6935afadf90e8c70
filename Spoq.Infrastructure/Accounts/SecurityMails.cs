using Spoq.Core.Accounts;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Accounts;

/// <summary>What changed about the ways in. Whoever did not do it reads here what to do.</summary>
internal static partial class AccountMails
{
    public static Mail PasswordChanged(string to, AccountLinks links) =>
        Security(to, "Your Spoq password was changed", "The password of your Spoq account was just changed, and every other session was signed out.", links);

    public static Mail PasswordSet(string to, AccountLinks links) =>
        Security(to, "Your Spoq account has a password now", "A password was just added to your Spoq account. It did not have one before.", links);

    public static Mail NewBrowser(string to, Session session, AccountLinks links) => Security(
        to,
        $"New sign-in to Spoq: {session.Agent}",
        $"""
        Somebody, probably you, just signed in to your Spoq account from a browser that we have not seen before:

        {session.Agent}, by {SignInMethod.Describe(session.Method)}{(session.Address is { } address ? $", from {address}" : "")}
        """,
        links);

    public static Mail TwoFactorOn(string to, AccountLinks links) =>
        Security(to, "Two-factor sign-in is on", "From now on your Spoq account asks for a code of your authenticator app. Keep the recovery codes where you find them when the phone is gone.", links);

    public static Mail TwoFactorOff(string to, AccountLinks links) =>
        Security(to, "Two-factor sign-in is off", "Your Spoq account no longer asks for a code of an authenticator app. The recovery codes no longer work.", links);

    public static Mail RecoveryCodesRenewed(string to, AccountLinks links) =>
        Security(to, "You have new Spoq recovery codes", "New recovery codes were made for your Spoq account. The earlier ones no longer work.", links);

    public static Mail RecoveryCodeUsed(string to, int left, AccountLinks links) =>
        Security(to, "A Spoq recovery code was used", $"A recovery code was just used to sign in to your Spoq account. {(left == 1 ? "One is" : $"{left} are")} left; you can make new ones on your account page.", links);

    public static Mail SecondStepFailed(string to, string method, AccountLinks links) =>
        Security(to, "Somebody could not sign in to your Spoq account", $"Somebody passed the first step of signing in to your Spoq account ({method}) and then typed {SecondFactorTicket.MaxTries} wrong codes. They were not let in.", links);

    public static Mail PasskeyAdded(string to, string name, AccountLinks links) =>
        Security(to, "A passkey was added to your Spoq account", $"The passkey \"{name}\" can now sign in to your Spoq account.", links);

    public static Mail PasskeyRemoved(string to, string name, AccountLinks links) =>
        Security(to, "A passkey was removed from your Spoq account", $"The passkey \"{name}\" can no longer sign in to your Spoq account.", links);

    public static Mail LoginLinked(string to, string login, AccountLinks links) =>
        Security(to, "A login was linked to your Spoq account", $"{login} can now sign in to your Spoq account.", links);

    public static Mail LoginUnlinked(string to, string login, AccountLinks links) =>
        Security(to, "A login was unlinked from your Spoq account", $"{login} can no longer sign in to your Spoq account.", links);

    private static Mail Security(string to, string subject, string what, AccountLinks links) => MailText.Write(to, subject, $"""
        {what}

        If this was not you, sign out what you do not know on your account page:

        {links.Account}

        and choose a new password at once:

        {links.Forgot}
        """);
}
