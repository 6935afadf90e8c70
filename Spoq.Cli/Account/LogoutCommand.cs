using System.CommandLine;

namespace Spoq.Cli.Account;

/// <summary><c>spoq logout</c>.</summary>
internal static class LogoutCommand
{
    public static Command Build() => SpoqCommand.Verb("logout", "Sign this machine out.", (call, _, cancellationToken) => RunAsync(call, cancellationToken));

    private static async Task<int> RunAsync(Call call, CancellationToken cancellationToken)
    {
        var controlPlane = call.ControlPlane;
        if (await controlPlane.Session.ForgetAsync(cancellationToken) is not { } forgotten)
        {
            call.Screen.Note($"Nobody was signed in at {controlPlane.Root.Text()}.");
            return ExitCode.Ok;
        }

        if (await IsRevokedAsync(controlPlane, forgotten, cancellationToken))
        {
            call.Screen.Note($"Signed out of {controlPlane.Root.Text()}.");
        }
        else
        {
            call.Screen.Complain($"Signed out here, but {controlPlane.Root.Text()} could not be told. To be sure, end this machine's access at {controlPlane.Root.Text()}/dashboard/apps.");
        }

        return ExitCode.Ok;
    }

    /// <summary>RFC 7009: the refresh token's end is the end of all that came from it.</summary>
    private static async Task<bool> IsRevokedAsync(ControlPlane controlPlane, SignIn signIn, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, controlPlane.Root.At("/oauth/revoke"))
            {
                Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = signIn.RefreshToken, ["client_id"] = Session.ClientId }),
            };
            using var answer = await controlPlane.SendPlainAsync(request, cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (CommandFailedException)
        {
            return false;
        }
    }
}
