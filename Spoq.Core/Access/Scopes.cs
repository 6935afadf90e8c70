namespace Spoq.Core.Access;

/// <summary>What a token may be good for, and how the consent page says it.</summary>
public static class Scopes
{
    public const string OpenId = "openid";
    public const string Profile = "profile";
    public const string Identity = "identity";
    public const string EmailRead = "email.read";
    public const string EmailSend = "email.send";
    public const string Calendar = "calendar";
    public const string Phone = "phone";
    public const string Signal = "signal";
    public const string Ai = "ai";
    public const string Instance = "instance";

    /// <summary>The whole JSON API: for our own clients only, never for anybody else's.</summary>
    public const string Account = "account";

    /// <summary>What other people's programs may ask for, in the order the consent page shows it.</summary>
    public static IReadOnlyList<string> Grantable { get; } = [OpenId, Profile, Identity, EmailRead, EmailSend, Calendar, Phone, Signal, Ai, Instance];

    public static bool IsGrantable(string scope) => Grantable.Contains(scope);

    public static string Describe(string scope) => scope switch
    {
        OpenId => "Know that it is you, by the number of your account",
        Profile => "See your name and e-mail address",
        Identity => "See your agent's e-mail address, phone number and Signal account",
        EmailRead => "Read your agent's e-mail",
        EmailSend => "Send e-mail from your agent's address",
        Calendar => "See and change your agent's calendar",
        Phone => "Send and receive text messages with your agent's phone number",
        Signal => "Send and receive Signal messages as your agent",
        Ai => "Use AI models on your account: it counts towards your plan",
        Instance => "See your computers, start and stop them, and talk to them",
        Account => "Do everything you can do, except what asks for your password",
        _ => scope,
    };
}
