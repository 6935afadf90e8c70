using Microsoft.AspNetCore.Http.Features;
using Spoq.Conductor.Files;
using Spoq.Conductor.Tools;
using Spoq.Core;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Sync;

/// <summary><c>/api/sync</c>: a folder here and a folder elsewhere become the same, and nothing is overwritten that its sender did not know.</summary>
internal sealed class SyncEndpoints(Workspace workspace, FolderManifest manifest, BlobStore blobs) : IDisposable
{
    private const long MaxBodyBytes = 64 * 1024 * 1024;

    // One at a time: between looking and changing nobody else of us may change.
    private readonly SemaphoreSlim _alone = new(1, 1);

    public async Task SyncAsync(HttpContext context)
    {
        var read = await RequestBody.ReadAsync(context, WireJson.Default.SyncRequest, MaxBodyBytes);
        if (!read.Try(out var request, out var refusal) || (refusal = Check(request, out var folder)) is not null)
        {
            await Problems.WriteAsync(context, refusal);
            return;
        }

        await _alone.WaitAsync(context.RequestAborted);
        try
        {
            await Answers.WriteAsync(context, await ApplyAsync(folder, request.Changes ?? [], context.RequestAborted), WireJson.Default.SyncAnswer);
        }
        finally
        {
            _alone.Release();
        }
    }

    public async Task TakeBlobsAsync(HttpContext context)
    {
        // Files are as large as they are; what limits them is the disk.
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
        await (await blobs.TakeAsync(context.Request.Body, context.RequestAborted) ? Answers.NoContent(context) : Problems.WriteAsync(context, ConductorRefusals.PackBroken));
    }

    public async Task FetchAsync(HttpContext context)
    {
        var read = await RequestBody.ReadAsync(context, WireJson.Default.SyncFetch, MaxBodyBytes);
        if (!read.Try(out var request, out var refusal) || !workspace.Resolve(request.Folder).Try(out var folder, out refusal) || (refusal = request.Paths.Any(path => path is null || !IsPlain(path)) ? ConductorRefusals.PathOutside : null) is not null)
        {
            await Problems.WriteAsync(context, refusal);
            return;
        }

        context.Response.ContentType = PackHeader.MediaType;
        foreach (var path in request.Paths)
        {
            await SendAsync(context, Path.Combine(folder, path));
        }
    }

    public void Dispose() => _alone.Dispose();

    private Refusal? Check(SyncRequest request, out string folder)
    {
        folder = workspace.Root;
        if (!workspace.Resolve(request.Folder).Try(out var found, out var refusal))
        {
            return refusal;
        }

        folder = found;
        var changes = request.Changes ?? [];
        return changes.Count > PackHeader.MaxPaths ? ConductorRefusals.SyncTooLarge
            : changes.Any(change => change is null || !IsPlain(change.Path) || (change.Sha256 ?? change.Expected) is null || (change.Sha256 is not null && !PackHeader.IsSha256(change.Sha256))) ? ConductorRefusals.PathOutside
            : changes.DistinctBy(change => change.Path).Count() != changes.Count ? ConductorRefusals.SyncDoubled
            : null;
    }

    /// <summary>Names between slashes, none of them a way out.</summary>
    private static bool IsPlain(string path) =>
        path.Length is > 0 and <= 1024 && !path.Contains('\0', StringComparison.Ordinal) && path.Split('/') is var names && names.All(name => name is not ("" or "." or ".." or ".git"));

    private async Task<SyncAnswer> ApplyAsync(string folder, IReadOnlyList<SyncChange> changes, CancellationToken cancellationToken)
    {
        var missing = changes.Select(change => change.Sha256).OfType<string>().Distinct().Where(sha256 => !blobs.Has(sha256)).ToList();
        var conflicts = new List<string>();
        if (missing.Count == 0)
        {
            var uses = changes.Where(change => change.Sha256 is not null).GroupBy(change => change.Sha256!).ToDictionary(group => group.Key, group => group.Count());

            // Deletions first: a file may stand where a folder is to be.
            foreach (var change in changes.OrderBy(change => change.Sha256 is not null))
            {
                var isLast = change.Sha256 is null || --uses[change.Sha256] == 0;
                if (!await MakeAsync(folder, change, isLast, cancellationToken))
                {
                    conflicts.Add(change.Path);
                }
            }
        }

        var seen = await manifest.ReadAsync(folder, cancellationToken);
        return new SyncAnswer(seen.Files, missing, conflicts, seen.Unseen);
    }

    /// <returns>False: it holds something else than was expected, or something stands in the way.</returns>
    private async Task<bool> MakeAsync(string folder, SyncChange change, bool isLast, CancellationToken cancellationToken)
    {
        var target = Path.Combine(folder, change.Path);
        if (!workspace.Resolve(workspace.NameOf(target)).Try(out var real, out _) || real != target || Directory.Exists(target)
            || await manifest.LookAsync(target, cancellationToken) is var now && (now.IsUnseen || now.Sha256 != change.Expected))
        {
            return false;
        }

        try
        {
            if (change.Sha256 is null)
            {
                File.Delete(target);
                DeleteEmpty(Path.GetDirectoryName(target)!, folder);
                return true;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            blobs.Place(change.Sha256, target, isLast, change.Executable);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
        catch (IOException) when (File.Exists(Path.GetDirectoryName(target)))
        {
            return false;
        }
    }

    private static void DeleteEmpty(string folder, string top)
    {
        while (folder.Length > top.Length && !Directory.EnumerateFileSystemEntries(folder).Any())
        {
            Directory.Delete(folder);
            folder = Path.GetDirectoryName(folder)!;
        }
    }

    private async Task SendAsync(HttpContext context, string path)
    {
        var header = new byte[PackHeader.Size];
        var isInside = workspace.Resolve(workspace.NameOf(path)).Try(out var real, out _) && real == path;
        await using var file = isInside ? Open(path) : null;
        if (file is null || (await manifest.LookAsync(path, context.RequestAborted)).Sha256 is not { } sha256)
        {
            PackHeader.Write(header, new string('0', 64), -1);
            await context.Response.Body.WriteAsync(header, context.RequestAborted);
            return;
        }

        var left = file.Length;
        PackHeader.Write(header, sha256, left);
        await context.Response.Body.WriteAsync(header, context.RequestAborted);
        var block = new byte[(int)Math.Clamp(left, 1, 64 * 1024)];
        while (left > 0)
        {
            // One that shrinks meanwhile is filled up: its hash will not be right, and that is noticed over there.
            var read = file.Read(block, 0, (int)Math.Min(left, block.Length));
            read = read == 0 ? (int)Math.Min(left, block.Length) : read;
            await context.Response.Body.WriteAsync(block.AsMemory(0, read), context.RequestAborted);
            left -= read;
        }
    }

    private static FileStream? Open(string path)
    {
        try
        {
            return RegularFile.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
