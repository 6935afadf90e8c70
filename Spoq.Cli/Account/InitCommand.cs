using System.CommandLine;

namespace Spoq.Cli.Account;

/// <summary><c>spoq init</c>.</summary>
internal static class InitCommand
{
    public static Command Build()
    {
        var force = new Option<bool>("--force") { Description = "Sign in anew, also when you are signed in already." };
        return SpoqCommand.Verb("init", "Sign this machine in.", (call, parsed, cancellationToken) => RunAsync(call, parsed.GetValue(force), cancellationToken), force);
    }

    private static async Task<int> RunAsync(Call call, bool force, CancellationToken cancellationToken)
    {
        var controlPlane = call.ControlPlane;
        if (!force && controlPlane.Session.IsSignedIn && await WhoAsync(controlPlane, cancellationToken) is { } already)
        {
            call.Screen.Note("This machine is signed in already; --force signs it in anew.");
            return Done(call, already, null);
        }

        var tokens = await new DeviceFlow(controlPlane, call.Screen).RunAsync(cancellationToken);
        await controlPlane.Session.SaveAsync(tokens.SignIn(null), CancellationToken.None);
        var who = await controlPlane.GetAsync("/api/auth/me", CliJson.Default.Who, cancellationToken);
        await controlPlane.Session.SaveAsync(tokens.SignIn(who.Email), CancellationToken.None);
        return Done(call, who, tokens.VpsHostname);
    }

    /// <summary>Null: the sign-in that was there has ended.</summary>
    private static async Task<Who?> WhoAsync(ControlPlane controlPlane, CancellationToken cancellationToken)
    {
        try
        {
            return await controlPlane.GetAsync("/api/auth/me", CliJson.Default.Who, cancellationToken);
        }
        catch (CommandFailedException ended) when (ended.ExitCode == ExitCode.NotSignedIn)
        {
            return null;
        }
    }

    private static int Done(Call call, Who who, string? hostname) => call.Answer(
        new SignedIn(call.ControlPlane.Root.Text(), who.Email, hostname), CliJson.Default.SignedIn,
        () => hostname is null
            ? $"Signed in as {who.Email}. Next: spoq status"
            : $"Signed in as {who.Email}. Your computer is {hostname}. Next: spoq ask \"what can you do?\"");
}

/// <summary>What is read of <c>/api/auth/me</c>.</summary>
internal sealed record Who(Guid UserId, string Email)
{
    public string? Name { get; init; }

    public WhoseSubscription? Subscription { get; init; }
}

internal sealed record WhoseSubscription
{
    public string? Plan { get; init; }

    public string? Status { get; init; }
}

internal sealed record SignedIn(string Url, string Email, string? Hostname);
