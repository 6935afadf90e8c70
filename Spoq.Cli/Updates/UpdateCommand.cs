using System.CommandLine;
using Spoq.Cli.Account;

namespace Spoq.Cli.Updates;

/// <summary><c>spoq update</c>.</summary>
internal static class UpdateCommand
{
    public static Command Build()
    {
        var check = new Option<bool>("--check") { Description = "Only say whether there is a newer one." };
        return SpoqCommand.Verb("update", "Replace spoq by its newest version.", (call, parsed, cancellationToken) => RunAsync(call, parsed.GetValue(check), cancellationToken), check);
    }

    private static async Task<int> RunAsync(Call call, bool onlyCheck, CancellationToken cancellationToken)
    {
        var release = await ReadAsync(call.ControlPlane, cancellationToken);
        if (!ThisBuild.IsOlderThan(release.Cli))
        {
            return call.Answer(new UpdateShown(ControlPlane.Version, ControlPlane.Version, false), CliJson.Default.UpdateShown, () => $"spoq {ControlPlane.Version} is the newest.");
        }

        if (onlyCheck)
        {
            return call.Answer(new UpdateShown(ControlPlane.Version, release.Cli!, false), CliJson.Default.UpdateShown, () => $"spoq {release.Cli} is out; this is {ControlPlane.Version}. Update with: spoq update");
        }

        var file = release.Artifacts.FirstOrDefault(one => one.Name == ThisBuild.ArtifactName)
            ?? throw new CommandFailedException(ExitCode.Failed, $"There is no build of {release.Cli} for this machine ({ThisBuild.ArtifactName}) yet. Try again later.");
        var update = new Update(call.ControlPlane, ThisBuild.ReleaseKey, Target());
        await using (call.Screen.Spin($"Updating to {file.Version}..."))
        {
            await update.RunAsync(file, cancellationToken);
        }

        return call.Answer(new UpdateShown(ControlPlane.Version, file.Version, true), CliJson.Default.UpdateShown, () => $"Updated from {ControlPlane.Version} to {file.Version}.");
    }

    private static async Task<ReleaseSeen> ReadAsync(ControlPlane controlPlane, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, controlPlane.Root.At("/releases/version"));
        using var answer = await controlPlane.SendPlainAsync(request, cancellationToken);
        return answer.IsSuccessStatusCode && await controlPlane.ReadAsync(answer, CliJson.Default.ReleaseSeen, cancellationToken) is { } release
            ? release
            : throw new CommandFailedException(ExitCode.Failed, $"{controlPlane.Root.Text()} gives out no builds just now. Try again later.");
    }

    /// <summary>What the install command put somewhere is one file of our name; anything else was made otherwise.</summary>
    private static string Target() => Environment.ProcessPath is { } path && Path.GetFileName(path) == "spoq"
        ? new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path
        : throw new CommandFailedException(ExitCode.Failed, "This spoq was not installed by the install command. Update it the way it was installed.");
}
