using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Spoq.Core.Releases;

namespace Spoq.Conductor.Updates;

/// <summary>The build that takes the place of another one. The command line is built with this file too.</summary>
internal sealed record Build(string Name, string Version, long Size, string Sha256, string? Signature);

/// <summary>Nothing was changed. The message is for people.</summary>
/// <param name="isOutOfReach">It was the network.</param>
internal sealed class BuildException(string message, bool isOutOfReach = false) : Exception(message)
{
    public bool IsOutOfReach { get; } = isOutOfReach;
}

/// <summary>Fetches a build beside the file it is to replace, and makes sure that it is what was signed and starts here.</summary>
/// <param name="releaseKey">Whose signature it must have; null, in a development build: its checksum alone is looked at.</param>
internal sealed class BuildFile(HttpClient http, string? releaseKey)
{
    private const int Tries = 4;
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(20);

    /// <summary>The key that was pinned when this program was published; null: a development build.</summary>
    public static string? KeyOf(System.Reflection.Assembly program) =>
        System.Reflection.CustomAttributeExtensions.GetCustomAttributes<System.Reflection.AssemblyMetadataAttribute>(program).FirstOrDefault(one => one.Key == "ReleaseKey")?.Value is { Length: > 0 } key ? key : null;

    /// <summary>The number only ever grows: who can answer in the control plane's place cannot bring an old hole back.</summary>
    /// <exception cref="BuildException">It is not newer, or not signed by us.</exception>
    public void Admit(Build build, string running)
    {
        if (!ReleaseVersion.IsNewer(build.Version, running))
        {
            throw new BuildException($"{build.Version} is offered, which is not newer than {running}. Nothing was changed.");
        }

        if (releaseKey is not null && !ReleaseSignature.IsValid(releaseKey, build.Signature, ReleaseSignature.Text(build.Name, build.Version, build.Sha256)))
        {
            throw new BuildException($"The signature of {build.Name} {build.Version} is not ours. Nothing was changed; please tell support.");
        }
    }

    /// <summary>A broken download goes on where it stopped; the token is good for that.</summary>
    /// <exception cref="BuildException"/>
    /// <exception cref="IOException">The disk.</exception>
    public async Task FetchAsync(Uri address, Build build, string part, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None);
        for (var attempt = 1; stream.Length < build.Size; attempt++)
        {
            var before = stream.Length;
            try
            {
                await ReadOnAsync(address, stream, build.Size, cancellationToken);
            }
            catch (Exception e) when (IsLost(e, cancellationToken))
            {
                if (attempt >= Tries || stream.Length == before)
                {
                    throw Lost(address);
                }

                continue;
            }

            if (stream.Length < build.Size && attempt >= Tries)
            {
                throw Lost(address);
            }
        }

        stream.Flush(flushToDisk: true);
    }

    /// <param name="like">Whose permissions it gets.</param>
    /// <exception cref="BuildException">It is not what was signed, or does not start.</exception>
    public static async Task CheckAsync(Build build, string part, string like, CancellationToken cancellationToken)
    {
        await using (var stream = File.OpenRead(part))
        {
            if (stream.Length != build.Size || Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken)) != build.Sha256)
            {
                throw new BuildException("The download is damaged: its checksum is wrong. Nothing was changed; try again.");
            }
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(part, File.GetUnixFileMode(like));
        }

        if (!await StartsAsync(part, build.Version, cancellationToken))
        {
            throw new BuildException($"{build.Name} {build.Version} does not start on this machine, so the old one was kept. Please tell support.");
        }
    }

    /// <summary>Whether it says the version it should.</summary>
    public static async Task<bool> StartsAsync(string program, string version, CancellationToken cancellationToken)
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

    private async Task ReadOnAsync(Uri address, FileStream stream, long size, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Range = stream.Length > 0 ? new RangeHeaderValue(stream.Length, null) : null;
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new BuildException($"The download was refused (HTTP {(int)answer.StatusCode}). Try again.");
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

    private static bool IsLost(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or HttpIOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static BuildException Lost(Uri address) => new($"{address.GetLeftPart(UriPartial.Authority)} cannot be reached. Check the connection and try again.", isOutOfReach: true);
}
