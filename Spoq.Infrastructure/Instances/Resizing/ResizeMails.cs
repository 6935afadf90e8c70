using Spoq.Core.Instances;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Instances.Resizing;

/// <summary>What we write to people whose computer changed its size, or was to.</summary>
internal static class ResizeMails
{
    public static Mail Done(string to, Instance instance, string plan, Uri billing) => MailText.Write(to, $"{instance.Hostname} has its new size", $"""
        Your computer {instance.Hostname} has the size of {plan} now, and runs. Everything on it is as it was.

        From now on you pay for {plan}. What is left of the period you paid for is made up for with the next payment:

        {billing}
        """);

    public static Mail Moved(string to, Instance instance, string plan, Uri billing) => MailText.Write(to, $"{instance.Hostname} has its new size", $"""
        Your computer {instance.Hostname} moved to a server with the size of {plan}, and runs. Its name, its SSH host key and your keys are the same. Your files came along: the homes of everybody on it, /root, /srv, /opt, /usr/local, crontabs, sites of your own in /etc/caddy/sites, and the Conductor's conversations and workspace. The old server has been wiped.

        Packages that you had installed yourself are listed in /root/packages-of-before.txt, for you to install what you still need.

        From now on you pay for {plan}. What is left of the period you paid for is made up for with the next payment:

        {billing}
        """);

    public static Mail Undone(string to, Instance instance, string wanted, string kept, Uri dashboard) => MailText.Write(to, $"{instance.Hostname} keeps its size", $"""
        We are sorry: {instance.Hostname} could not be given the size of {wanted}. It goes back to {kept}, the size it had, and everything on it is as it was.

        The price has not changed, and nothing was charged. What happened, step by step, is on your dashboard:

        {dashboard}
        """);
}
