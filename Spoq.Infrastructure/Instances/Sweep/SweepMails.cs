using Spoq.Core.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Instances.Sweep;

/// <summary>What we write to people whose server was lost.</summary>
internal static class SweepMails
{
    public static Mail Rebuilding(string to, string hostname, Uri dashboard) => MailText.Write(to, $"{hostname} is being built anew", $"""
        We are sorry: the server behind {hostname} does not exist at our provider any more, and we did not remove it.

        A new one is being made under the same address, with your devices and profiles; you need not do anything. What was stored on the old one cannot be brought back from there.

        Watch it on your dashboard, and answer this mail if we can help:

        {dashboard}
        """);
}
