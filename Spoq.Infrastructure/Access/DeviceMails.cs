using System.Globalization;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Access;

/// <summary>What we write to people whose account a device was let into.</summary>
internal static class DeviceMails
{
    public static Mail SignedIn(string to, string device, DateTimeOffset at, Uri activity) => MailText.Write(to, "A new device signed in to your Spoq account", string.Create(CultureInfo.InvariantCulture, $"""
        You approved a new device on {at:d MMM yyyy, HH:mm} UTC:

        {device}

        It can use your account until you disconnect it. What happened to your account stands here:

        {activity}

        If this was not you, change your password and sign out everywhere at once.
        """));
}
