using Spoq.Core.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Accounts;

/// <summary>What we write to people about their account.</summary>
internal static partial class AccountMails
{
    public static Mail Confirm(string to, string code, Uri link) => MailText.Write(to, $"{code} is your Spoq code", $"""
        Welcome to Spoq. Type this code on the page where you signed up:

        {code}

        Or open this link and press the button there:

        {link}

        The code works for 30 minutes, the link for 24 hours. If you did not sign up, do nothing: without the code or the link there is no account.
        """);

    public static Mail AlreadyThere(string to, Uri login, Uri forgot) => MailText.Write(to, "You already have a Spoq account", $"""
        Somebody, probably you, signed up for Spoq with this address. You already have an account, so nothing was changed.

        Log in here:

        {login}

        If you do not remember your password, choose a new one:

        {forgot}

        If this was not you, you can ignore this mail.
        """);

    public static Mail Reset(string to, Uri link) => MailText.Write(to, "Choose a new Spoq password", $"""
        Somebody, probably you, asked for a new password for your Spoq account. Open this link to choose one:

        {link}

        The link works once and for one hour. If this was not you, do nothing: your password stays as it is.
        """);
}
