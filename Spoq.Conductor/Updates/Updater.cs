using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Updates;

/// <summary>
/// One run of <c>conductor update</c>: asks for a newer Conductor, puts it in place, restarts, and puts the one before back
/// when it is not healthy in a minute; then the same for the computer's own <c>spoq</c>. What is run is always a whole file, the old one or the new one; whoever ends this in
/// between is made good by the next run, which finds the note beside the program.
/// </summary>
/// <param name="program">The file that is replaced.</param>
internal sealed class Updater(ConductorConfig config, DataDirectory data, HttpClient http, string program, string? releaseKey, TimeProvider clock)
{
    private const int Well = 0;
    private const int Failed = 1;
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private static readonly TimeSpan s_healthy = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_between = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_restart = TimeSpan.FromSeconds(90);

    private const string CommandLine = "spoq";

    private readonly UpdateDesk _desk = new(config, data, http);
    private readonly BuildFile _builds = new(http, releaseKey);

    private string Folder => Path.GetDirectoryName(program)!;

    private string Previous => program + ".previous";

    /// <summary>There from before the new file is in place until it has proved itself.</summary>
    private string Note => program + ".updating";

    private string Part => Path.Combine(Folder, $".{Path.GetFileName(program)}-{Environment.ProcessId}.part");

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using var alone = TryLock();
        if (alone is null)
        {
            return Say(Well, "Another update is under way.");
        }

        DeleteParts();
        var own = await TryAsync(async () => await MakeGoodAsync(cancellationToken) ?? await TakeAsync(cancellationToken));
        var commandLine = await TryAsync(async () => await new CommandLineUpdate(_desk, _builds, Path.Combine(Folder, CommandLine)).RunAsync(cancellationToken) is { } done ? Say(Well, done) : Well);
        return own == Well ? commandLine : own;
    }

    private async Task<int> TryAsync(Func<Task<int>> update)
    {
        try
        {
            return await update();
        }
        catch (BuildException no)
        {
            return Say(Failed, no.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Say(Failed, $"The update could not be written: {e.Message}");
        }
        finally
        {
            File.Delete(Part);
        }
    }

    /// <summary>What a run that was ended left behind. Null: nothing, or it had not come as far as the program.</summary>
    private async Task<int?> MakeGoodAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(Note))
        {
            return null;
        }

        var version = (await File.ReadAllTextAsync(Note, cancellationToken)).Trim();
        if (await BuildFile.StartsAsync(program, version, cancellationToken))
        {
            return await ProveAsync(version, cancellationToken);
        }

        File.Delete(Note);
        return null;
    }

    private async Task<int> TakeAsync(CancellationToken cancellationToken)
    {
        if (await _desk.AskAsync(ThisArtifact.Name, ConductorVersion.Current, cancellationToken) is not { } offer)
        {
            return Say(Well, $"Conductor {ConductorVersion.Current} is the newest for this computer.");
        }

        if (!offer.IsForced && data.Read(UpdateOutcome.FileName, WireJson.Default.UpdateOutcome) is { IsDone: false } last && last.Version == offer.Version)
        {
            return Say(Well, $"Conductor {offer.Version} did not come up here before. Waiting for the next one.");
        }

        var build = UpdateDesk.BuildOf(offer);
        _builds.Admit(build, ConductorVersion.Current);
        await _builds.FetchAsync(_desk.AddressOf(offer), build, Part, cancellationToken);
        await BuildFile.CheckAsync(build, Part, program, cancellationToken);
        Replace(Previous, program);
        await WriteAsync(Note, offer.Version, cancellationToken);
        File.Move(Part, program, overwrite: true);
        return await ProveAsync(offer.Version, cancellationToken);
    }

    /// <summary>From here on nobody interrupts: a program that is in place is proved or taken back.</summary>
    private async Task<int> ProveAsync(string version, CancellationToken cancellationToken)
    {
        var isUp = await RestartAsync(cancellationToken) && await IsHealthyAsync(version, cancellationToken);
        if (!isUp && File.Exists(Previous))
        {
            Replace(program, Previous);
            await RestartAsync(cancellationToken);
        }

        var outcome = JsonSerializer.Serialize(new UpdateOutcome(version, isUp, clock.GetUtcNow()), WireJson.Default.UpdateOutcome);
        await WriteAsync(Path.Combine(data.Root, UpdateOutcome.FileName), outcome, cancellationToken);
        File.Delete(Note);
        return isUp ? Say(Well, $"Updated to Conductor {version}.") : Say(Failed, $"Conductor {version} was not healthy within {s_healthy.TotalSeconds:0} s, so the one before was put back.");
    }

    private async Task<bool> RestartAsync(CancellationToken cancellationToken)
    {
        var command = config.Update?.Restart is { Count: > 0 } given ? given : ["systemctl", "restart", "conductor.service"];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_restart);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { UseShellExecute = false })!;
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0;
        }
        catch (Exception e) when (e is Win32Exception || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    private async Task<bool> IsHealthyAsync(string version, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        while (clock.GetElapsedTime(began) < s_healthy)
        {
            if (await VersionAsync(cancellationToken) == version)
            {
                return true;
            }

            await Task.Delay(s_between, clock, cancellationToken);
        }

        return false;
    }

    /// <summary>Of the Conductor that serves now; null: none does.</summary>
    private async Task<string?> VersionAsync(CancellationToken cancellationToken)
    {
        if (data.Read(DataDirectory.RunFile, WireJson.Default.RunFile) is not { } run)
        {
            return null;
        }

        try
        {
            return (await http.GetFromJsonAsync($"http://127.0.0.1:{run.Port}/health", WireJson.Default.HealthAnswer, cancellationToken)) is { Status: "ok", Version: var version } ? version : null;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>Readers see the old content or the new one, never half of it.</summary>
    private void Replace(string target, string source)
    {
        var draft = Part + ".copy";
        File.Copy(source, draft, overwrite: true);
        using (var file = new FileStream(draft, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, target, overwrite: true);
    }

    /// <summary>Into a folder that may be another user's: never through a link that they laid there.</summary>
    private static async Task WriteAsync(string target, string text, CancellationToken cancellationToken)
    {
        var draft = $"{target}.{Guid.NewGuid():N}";
        await using (var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Readable }))
        {
            await file.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text), cancellationToken);
            file.Flush(flushToDisk: true);
        }

        File.Move(draft, target, overwrite: true);
    }

    private FileStream? TryLock()
    {
        try
        {
            return new FileStream(program + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Left by runs that were killed: we hold the lock, so nobody writes them.</summary>
    private void DeleteParts()
    {
        foreach (var name in new[] { Path.GetFileName(program), CommandLine })
        {
            foreach (var part in Directory.EnumerateFiles(Folder, $".{name}-*.part*"))
            {
                File.Delete(part);
            }
        }
    }

    private static int Say(int code, string message)
    {
        (code == Well ? Console.Out : Console.Error).WriteLine(message);
        return code;
    }
}
