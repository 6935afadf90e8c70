using System.ComponentModel;
using System.Diagnostics;

namespace Spoq.Conductor.Updates;

/// <summary>
/// Keeps the computer's own <c>spoq</c>, beside the Conductor, up to date: nobody on it may write there. Nothing of it runs
/// on by itself, so one that starts takes the place of the one before in a single move.
/// </summary>
internal sealed class CommandLineUpdate(UpdateDesk desk, BuildFile builds, string program)
{
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(20);

    /// <returns>What came of it, for the log; null: there was nothing to do.</returns>
    /// <exception cref="BuildException">Nothing was changed.</exception>
    /// <exception cref="IOException">The disk; nothing was changed.</exception>
    public async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(program) || await VersionAsync(cancellationToken) is not { } version || await desk.AskAsync(ThisArtifact.CommandLineName, version, cancellationToken) is not { } offer)
        {
            return null;
        }

        var build = UpdateDesk.BuildOf(offer);
        var part = Path.Combine(Path.GetDirectoryName(program)!, $".{Path.GetFileName(program)}-{Environment.ProcessId}.part");
        try
        {
            builds.Admit(build, version);
            await builds.FetchAsync(desk.AddressOf(offer), build, part, cancellationToken);
            await BuildFile.CheckAsync(build, part, program, cancellationToken);
            File.Move(part, program, overwrite: true);
            return $"Updated to spoq {build.Version}.";
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>Null: the one that is there does not start, so nobody knows what would be newer.</summary>
    private async Task<string?> VersionAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_start);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 && said.Trim().Split('+')[0] is { Length: > 0 } version ? version : null;
        }
        catch (Exception e) when (e is Win32Exception || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
