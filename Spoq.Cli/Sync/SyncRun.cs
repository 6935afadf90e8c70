using System.Net.Http.Json;
using System.Security.Cryptography;
using Spoq.Cli.Account;
using Spoq.Cli.Computer;
using Spoq.Conductor.Files;
using Spoq.Core.Wire;

namespace Spoq.Cli.Sync;

/// <summary>One sync of one folder.</summary>
internal sealed class SyncRun(ComputerClient computer, LocalFolder local, string folder, Home home)
{
    private SortedDictionary<string, LocalFile> _here = [];
    private Dictionary<string, SyncFile> _there = [];
    private Dictionary<string, string> _before = [];
    private HashSet<string> _unseen = [];
    private string _stateFile = "";

    /// <summary>One side is empty that was not: it may just not be mounted.</summary>
    public bool IsEmptied => _before.Count > 0 && (_here.Count == 0 || _there.Count == 0);

    /// <summary>Left alone, because on one side something is there that cannot be read or is no plain file.</summary>
    public IEnumerable<string> HeldBack => _here.Keys.Union(_there.Keys).Union(_before.Keys).Where(IsUnseen).Order(StringComparer.Ordinal);

    public int Total => Math.Max(_before.Count, Math.Max(_here.Count, _there.Count));

    public async Task<SyncPlan> PlanAsync(string? prefer, CancellationToken cancellationToken)
    {
        // Not by its name: a computer of the same name that was made anew has nothing of what the old one had.
        var status = await computer.GetAsync("/api/status", WireJson.Default.ConductorStatus, cancellationToken);
        _stateFile = $"sync-{Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{status.InstanceId}\n{folder}\n{local.Root}")))[..24]}";
        var saved = home.Read(_stateFile, CliJson.Default.SyncState) ?? new SyncState();
        _before = new Dictionary<string, string>(saved.Before);
        _here = local.Read(saved.Known);
        var answer = await AskAsync(new SyncRequest(folder), cancellationToken);
        _there = Remote(answer);
        _unseen = [.. local.Unseen, .. answer.Unseen ?? []];
        return SyncPlan.Make(Seen(_here), Seen(_there), _before, prefer);
    }

    /// <returns>What has changed on either side since it was looked at: left alone.</returns>
    public async Task<List<string>> ApplyAsync(SyncPlan plan, CancellationToken cancellationToken)
    {
        var late = new List<string>();
        try
        {
            late.AddRange(await SendAsync(plan, cancellationToken));
            late.AddRange(await FetchAsync(plan.Download, cancellationToken));
            foreach (var path in plan.DeleteHere)
            {
                if (local.IsStill(path, _here[path]))
                {
                    local.Delete(path);
                    _here.Remove(path);
                }
                else
                {
                    late.Add(path);
                }
            }
        }
        finally
        {
            // Also of a half that was done: what is the same on both sides now is where the next time begins.
            await RememberAsync();
        }

        return late;
    }

    /// <summary>Also without a change: it spares the next time the reading.</summary>
    public Task RememberAsync()
    {
        var before = _here.Where(pair => _there.GetValueOrDefault(pair.Key)?.Sha256 == pair.Value.Sha256).ToDictionary(pair => pair.Key, pair => pair.Value.Sha256);
        foreach (var (path, was) in _before.Where(pair => (_here.ContainsKey(pair.Key) || _there.ContainsKey(pair.Key) || IsUnseen(pair.Key)) && !before.ContainsKey(pair.Key)))
        {
            before[path] = was;
        }

        return home.WriteAsync(_stateFile, new SyncState { Before = before, Known = _here.Where(pair => local.IsSettled(pair.Value)).ToDictionary() }, CliJson.Default.SyncState, CancellationToken.None);
    }

    private async Task<IReadOnlyList<string>> SendAsync(SyncPlan plan, CancellationToken cancellationToken)
    {
        List<SyncChange> changes =
        [
            .. plan.Upload.Select(path => new SyncChange(path, _here[path].Sha256, _there.GetValueOrDefault(path)?.Sha256, _here[path].Executable)),
            .. plan.DeleteThere.Select(path => new SyncChange(path, null, _there[path].Sha256)),
        ];
        if (changes.Count == 0)
        {
            return [];
        }

        var answer = await AskAsync(new SyncRequest(folder, changes), cancellationToken);
        if (answer.Missing.Count > 0)
        {
            var wanted = answer.Missing.ToHashSet();
            var files = plan.Upload.Where(path => wanted.Remove(_here[path].Sha256)).Select(path => (local.PathOf(path), _here[path])).ToList();
            using (await computer.SendAsync(HttpMethod.Put, "/api/sync/blobs", new PackContent(files), cancellationToken))
            {
            }

            answer = await AskAsync(new SyncRequest(folder, changes), cancellationToken);
        }

        if (answer.Missing.Count > 0)
        {
            throw new CommandFailedException(ExitCode.Failed, "Files changed while they were sent, so nothing was changed on the other side. Run spoq sync again when they are at rest.");
        }

        _there = Remote(answer);
        return answer.Conflicts;
    }

    private async Task<List<string>> FetchAsync(List<string> paths, CancellationToken cancellationToken)
    {
        var late = new List<string>();
        if (paths.Count == 0)
        {
            return late;
        }

        using var answer = await computer.SendAsync(HttpMethod.Post, "/api/sync/fetch", JsonContent.Create(new SyncFetch(folder, paths), WireJson.Default.SyncFetch), cancellationToken);
        await using var pack = await ComputerClient.OpenAsync(answer, cancellationToken);
        var header = new byte[PackHeader.Size];
        foreach (var path in paths)
        {
            try
            {
                await pack.ReadExactlyAsync(header, cancellationToken);
                var (sha256, length) = PackHeader.Read(header);
                if (length < 0 || !await TakeAsync(pack, path, sha256, length, cancellationToken))
                {
                    late.Add(path);
                }
            }
            catch (Exception e) when (e is HttpRequestException or EndOfStreamException or HttpIOException)
            {
                throw computer.BrokenOff();
            }
        }

        return late;
    }

    /// <returns>False: it, or what stands in its place here, has changed since.</returns>
    private async Task<bool> TakeAsync(Stream pack, string path, string sha256, long left, CancellationToken cancellationToken)
    {
        var target = local.PathOf(path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var draft = Path.Combine(Path.GetDirectoryName(target)!, Draft.PartName(Environment.ProcessId));
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var block = new byte[(int)Math.Clamp(left, 1, 64 * 1024)];
            await using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write, FileShare.None, 1))
            {
                for (; left > 0;)
                {
                    var part = block.AsMemory(0, (int)Math.Min(left, block.Length));
                    await pack.ReadExactlyAsync(part, cancellationToken);
                    hash.AppendData(part.Span);
                    file.Write(part.Span);
                    left -= part.Length;
                }
            }

            if (Convert.ToHexStringLower(hash.GetHashAndReset()) != sha256 || sha256 != _there[path].Sha256 || !local.IsStill(path, _here.GetValueOrDefault(path)))
            {
                return false;
            }

            if (!OperatingSystem.IsWindows())
            {
                const UnixFileMode Run = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
                var mode = File.GetUnixFileMode(File.Exists(target) ? target : draft);
                var isRunnable = mode.HasFlag(UnixFileMode.UserExecute);
                File.SetUnixFileMode(draft, isRunnable == _there[path].Executable ? mode : isRunnable ? mode & ~Run : mode | (Run & (UnixFileMode)((int)mode >> 2)));
            }

            File.Move(draft, target, overwrite: true);
            _here[path] = LocalFolder.Look(new FileInfo(target), sha256);
            return true;
        }
        finally
        {
            File.Delete(draft);
        }
    }

    private async Task<SyncAnswer> AskAsync(SyncRequest request, CancellationToken cancellationToken) =>
        await computer.PostAsync("/api/sync", request, WireJson.Default.SyncRequest, WireJson.Default.SyncAnswer, cancellationToken);

    private Dictionary<string, T> Seen<T>(IReadOnlyDictionary<string, T> all) => all.Where(pair => !IsUnseen(pair.Key)).ToDictionary();

    private bool IsUnseen(string path)
    {
        for (var at = path; at.Length > 0 && _unseen.Count > 0; at = at[..Math.Max(0, at.LastIndexOf('/'))])
        {
            if (_unseen.Contains(at))
            {
                return true;
            }
        }

        return _unseen.Contains(".");
    }

    private Dictionary<string, SyncFile> Remote(SyncAnswer answer) => answer.Files.Where(file => !local.IsIgnored(file.Path)).ToDictionary(file => file.Path);
}

/// <summary>What is remembered of a folder between two syncs.</summary>
internal sealed record SyncState
{
    /// <summary>What both sides held when they were the same.</summary>
    public IReadOnlyDictionary<string, string> Before { get; init; } = new Dictionary<string, string>();

    /// <summary>Hashes of local files.</summary>
    public IReadOnlyDictionary<string, LocalFile> Known { get; init; } = new Dictionary<string, LocalFile>();
}
