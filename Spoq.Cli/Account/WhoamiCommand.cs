using System.CommandLine;
using Spoq.Cli.Terminal;

namespace Spoq.Cli.Account;

/// <summary><c>spoq whoami</c>.</summary>
internal static class WhoamiCommand
{
    public static Command Build() => SpoqCommand.Verb("whoami", "Show who is signed in, and where.", (call, _, cancellationToken) => RunAsync(call, cancellationToken));

    private static async Task<int> RunAsync(Call call, CancellationToken cancellationToken)
    {
        var who = await call.ControlPlane.GetAsync("/api/auth/me", CliJson.Default.Who, cancellationToken);
        var root = call.ControlPlane.Root.Text();
        var shown = new WhoShown(who.UserId, who.Email, who.Name, who.Subscription?.Plan, root);
        return call.Answer(shown, CliJson.Default.WhoShown, () => call.Screen.IsTerminal
            ? Columns.Pairs(call.Screen, ("Email", who.Email), ("Name", who.Name), ("Plan", who.Subscription?.Plan ?? "none yet"), ("At", root))
            : who.Email);
    }
}

internal sealed record WhoShown(Guid UserId, string Email, string? Name, string? Plan, string Url);
