using System.Net.Http.Json;
using System.Text.Json;
using Spoq.Cli.Account;

namespace Spoq.Cli.Updates;

/// <summary>Once a day, beside a command and never in its way, the newest version is asked for; who sits at a terminal is told on stderr.</summary>
internal sealed class VersionCheck : IDisposable
{
    private const string SeenFile = "version";
    private static readonly TimeSpan s_between = TimeSpan.FromDays(1);

    private readonly CancellationTokenSource _ended = new();
    private readonly Call _call;
    private readonly Task<VersionSeen?>? _asking;
    private readonly VersionSeen? _seen;

    private VersionCheck(Call call, Uri root)
    {
        _call = call;
        _seen = Read(call) is { } seen && seen.Url == root.Text() ? seen : null;
        if (_seen is null || DateTimeOffset.UtcNow - _seen.At > s_between)
        {
            _asking = AskAsync(root, _ended.Token);
        }
    }

    /// <summary>Null: nobody is there to read it, or they asked for quiet.</summary>
    public static VersionCheck? Begin(Call call) =>
        call.Screen is { IsNoteTerminal: true, IsQuiet: false } && !call.WantsJson && Call.Setting("CI") is null && call.TryRoot() is { } root ? new VersionCheck(call, root) : null;

    /// <summary>What is not known by now is asked for again the next time.</summary>
    public async Task EndAsync()
    {
        var seen = _asking is { IsCompletedSuccessfully: true } && await _asking is { } fresh ? fresh : _seen;
        if (!ReferenceEquals(seen, _seen))
        {
            try
            {
                await _call.Home.WriteAsync(SeenFile, seen!, CliJson.Default.VersionSeen, CancellationToken.None);
            }
            catch (CommandFailedException)
            {
                // Then it is asked for again; the command itself went well.
            }
        }

        if (ThisBuild.IsOlderThan(seen?.MinCli))
        {
            _call.Screen.Note(_call.Screen.NoteInk.Yellow($"This spoq ({ControlPlane.Version}) is too old for {seen!.Url}: it needs {seen.MinCli}. Update with: spoq update"));
        }
        else if (ThisBuild.IsOlderThan(seen?.Cli))
        {
            _call.Screen.Note(_call.Screen.NoteInk.Dim($"spoq {seen!.Cli} is out; this is {ControlPlane.Version}. Update with: spoq update"));
        }
    }

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
    }

    private static VersionSeen? Read(Call call)
    {
        try
        {
            return call.Home.Read(SeenFile, CliJson.Default.VersionSeen);
        }
        catch (CommandFailedException)
        {
            return null;
        }
    }

    private static async Task<VersionSeen?> AskAsync(Uri root, CancellationToken cancellationToken)
    {
        try
        {
            using var http = ControlPlane.NewClient();
            using var answer = await http.GetAsync(root.At("/releases/version"), cancellationToken);
            var release = answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync(CliJson.Default.ReleaseSeen, cancellationToken) : null;
            return new VersionSeen(root.Text(), DateTimeOffset.UtcNow, release?.Cli, release?.MinCli);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or JsonException or IOException)
        {
            return null;
        }
    }
}
