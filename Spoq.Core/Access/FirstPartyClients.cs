namespace Spoq.Core.Access;

/// <summary>Our own programs: they need no registration, and only they get the scope <c>account</c>.</summary>
public static class FirstPartyClients
{
    /// <summary>Registered or logged in over the JSON API.</summary>
    public const string Api = "spoq-api";

    /// <summary>The <c>spoq</c> command line, let in by the device flow.</summary>
    public const string Cli = "spoq-cli";

    public static IReadOnlyList<string> All { get; } = [Api, Cli];

    public static bool Is(string? clientId) => clientId is Api or Cli;
}
