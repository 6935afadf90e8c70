using Spoq.Cli.Account;
using Spoq.Conductor.Updates;

namespace Spoq.Cli.Updates;

/// <summary>
/// Puts a newer build in the place of a file. Until the last step, one rename, the old one is there and whole: whatever
/// ends this in between, <c>spoq</c> still runs.
/// </summary>
/// <param name="controlPlane">Gives out builds.</param>
/// <param name="releaseKey">Whose signature a build must have; null: its checksum alone is looked at.</param>
/// <param name="target">The file.</param>
internal sealed class Update(ControlPlane controlPlane, string? releaseKey, string target)
{
    private readonly BuildFile _file = new(controlPlane.Http, releaseKey);

    public async Task RunAsync(ReleaseFileSeen file, CancellationToken cancellationToken)
    {
        var build = new Build(file.Name, file.Version, file.Size, file.Sha256, file.Signature);
        var part = Path.Combine(Path.GetDirectoryName(target)!, $".spoq-update-{Environment.ProcessId}.part");
        try
        {
            _file.Admit(build, ControlPlane.Version);
            DeleteOld();
            var token = await controlPlane.PostAsync("/releases/token", new DownloadAsk("cli"), CliJson.Default.DownloadAsk, CliJson.Default.DownloadGiven, cancellationToken);
            await _file.FetchAsync(controlPlane.Root.At($"/releases/{file.Name}?token={Uri.EscapeDataString(token.Token)}"), build, part, cancellationToken);
            await BuildFile.CheckAsync(build, part, target, cancellationToken);
            File.Move(part, target, overwrite: true);
        }
        catch (BuildException no)
        {
            throw no.IsOutOfReach ? CommandFailedException.OutOfReach(controlPlane.Root) : new CommandFailedException(ExitCode.Failed, no.Message);
        }
        catch (UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Failed, $"{Path.GetDirectoryName(target)} cannot be written to. Run it as who owns it: sudo spoq update");
        }
        catch (IOException e) when (e is not HttpIOException)
        {
            throw new CommandFailedException(ExitCode.Failed, $"The update could not be written: {e.Message} Nothing was changed.");
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>Left by one that was killed.</summary>
    private void DeleteOld()
    {
        foreach (var old in Directory.EnumerateFiles(Path.GetDirectoryName(target)!, ".spoq-update-*.part").Where(old => File.GetLastWriteTimeUtc(old) < DateTime.UtcNow.AddHours(-1)))
        {
            File.Delete(old);
        }
    }
}

internal sealed record DownloadAsk(string Binary);

internal sealed record DownloadGiven(string Token);
