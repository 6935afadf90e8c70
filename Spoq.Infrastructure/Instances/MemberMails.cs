using Spoq.Core.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Instances;

/// <summary>What we write to people who are let into a computer.</summary>
internal static class MemberMails
{
    public static Mail Invited(string to, string owner, string hostname, Uri console) => MailText.Write(to, $"{owner} lets you use {hostname}", $"""
        {owner} lets you use the computer {hostname} on Spoq. Log in, or sign up with this address, and open it:

        {console}

        If you do not know {owner}, you can ignore this mail: nothing happens without you.
        """);
}
