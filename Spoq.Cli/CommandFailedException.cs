namespace Spoq.Cli;

/// <summary>The command cannot go on. The message is for people and says what to do next; it goes to stderr and the process ends with the code.</summary>
internal sealed class CommandFailedException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public static CommandFailedException NotSignedIn(Uri root) =>
        new(Cli.ExitCode.NotSignedIn, $"You are not signed in at {root.Text()}. Sign in with: spoq init");

    public static CommandFailedException OutOfReach(Uri root) =>
        new(Cli.ExitCode.Network, $"{root.Text()} cannot be reached. Check your connection and the address (--url or SPOQ_URL), then try again.");
}

internal static class Addresses
{
    /// <summary>As people write it: without a slash at its end.</summary>
    public static string Text(this Uri root) => root.AbsoluteUri.TrimEnd('/');

    public static Uri At(this Uri root, string path) => new(root.Text() + path);
}
