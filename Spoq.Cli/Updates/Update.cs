using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Spoq.Cli.Account;
using Spoq.Core.Releases;

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
    private const int Tries = 4;
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(20);

    public async Task RunAsync(ReleaseFileSeen file, CancellationToken cancellationToken)
    {
        // The number only ever grows: who can answer in the control plane's place cannot bring an old hole back.
        if (!ThisBuild.IsOlderThan(file.Version))
        {
            throw new CommandFailedException(ExitCode.Failed, $"{controlPlane.Root.Text()} offers {file.Version}, which is not newer than {ControlPlane.Version}. Nothing was changed.");
        }

        if (releaseKey is not null && !ReleaseSignature.IsValid(releaseKey, file.Signature, ReleaseSignature.Text(file.Name, file.Version, file.Sha256)))
        {
            throw new CommandFailedException(ExitCode.Failed, $"The signature of {file.Name} {file.Version} is not ours. Nothing was changed; please tell support.");
        }

        var part = Path.Combine(Path.GetDirectoryName(target)!, $".spoq-update-{Environment.ProcessId}.part");
        try
        {
            DeleteOld();
            await DownloadAsync(file, part, cancellationToken);
            await CheckAsync(file, part, cancellationToken);
            File.Move(part, target, overwrite: true);
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

    /// <summary>A broken download goes on where it stopped; the token is good for that.</summary>
    private async Task DownloadAsync(ReleaseFileSeen file, string part, CancellationToken cancellationToken)
    {
        var token = await controlPlane.PostAsync("/releases/token", new DownloadAsk("cli"), CliJson.Default.DownloadAsk, CliJson.Default.DownloadGiven, cancellationToken);
        var address = controlPlane.Root.At($"/releases/{file.Name}?token={Uri.EscapeDataString(token.Token)}");
        await using var stream = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None);
        for (var attempt = 1; stream.Length < file.Size; attempt++)
        {
            var before = stream.Length;
            try
            {
                await ReadOnAsync(address, stream, file.Size, cancellationToken);
            }
            catch (Exception e) when (IsLost(e, cancellationToken) && attempt < Tries && stream.Length > before)
            {
                continue;
            }
            catch (Exception e) when (IsLost(e, cancellationToken))
            {
                throw CommandFailedException.OutOfReach(controlPlane.Root);
            }

            if (stream.Length < file.Size && attempt >= Tries)
            {
                throw CommandFailedException.OutOfReach(controlPlane.Root);
            }
        }

        stream.Flush(flushToDisk: true);
    }

    private static bool IsLost(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or HttpIOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private async Task ReadOnAsync(Uri address, FileStream stream, long size, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Range = stream.Length > 0 ? new RangeHeaderValue(stream.Length, null) : null;
        using var answer = await controlPlane.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new CommandFailedException(ExitCode.Failed, $"The download was refused (HTTP {(int)answer.StatusCode}). Run spoq update again.");
        }

        if (answer.StatusCode != HttpStatusCode.PartialContent)
        {
            stream.SetLength(0);
        }

        await using var source = await answer.Content.ReadAsStreamAsync(cancellationToken);
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var block = new byte[64 * 1024];
        while (stream.Length < size)
        {
            idle.CancelAfter(s_idle);
            var read = await source.ReadAsync(block.AsMemory(0, (int)Math.Min(block.Length, size - stream.Length)), idle.Token);
            if (read == 0)
            {
                return;
            }

            await stream.WriteAsync(block.AsMemory(0, read), cancellationToken);
        }
    }

    /// <summary>It is what was signed, and it starts here.</summary>
    private async Task CheckAsync(ReleaseFileSeen file, string part, CancellationToken cancellationToken)
    {
        await using (var stream = File.OpenRead(part))
        {
            if (stream.Length != file.Size || Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken)) != file.Sha256)
            {
                throw new CommandFailedException(ExitCode.Failed, "The download is damaged: its checksum is wrong. Nothing was changed; run spoq update again.");
            }
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(part, File.GetUnixFileMode(target));
        }

        if (!await StartsAsync(part, file.Version, cancellationToken))
        {
            throw new CommandFailedException(ExitCode.Failed, $"spoq {file.Version} does not start on this machine, so the old one was kept. Please tell support.");
        }
    }

    private static async Task<bool> StartsAsync(string program, string version, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_start);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 && (await said).Trim().Split('+')[0] == version;
        }
        catch (Exception e) when (e is Win32Exception || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}

internal sealed record DownloadAsk(string Binary);

internal sealed record DownloadGiven(string Token);
