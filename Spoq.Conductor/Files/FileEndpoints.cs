using Microsoft.Net.Http.Headers;
using Spoq.Conductor.Tools;
using Spoq.Core;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Files;

/// <summary><c>/api/files/{path}</c>: the workspace; a folder is listed, a file is sent.</summary>
internal sealed class FileEndpoints(Workspace workspace)
{
    private const int MaxEntries = 10_000;

    public async Task GetAsync(HttpContext context)
    {
        if (!Find(context).Try(out var path, out var refusal))
        {
            await Problems.WriteAsync(context, refusal);
        }
        else if (Directory.Exists(path))
        {
            await Answers.WriteAsync(context, List(path), WireJson.Default.FolderShown);
        }
        else
        {
            await SendAsync(context, new FileInfo(path));
        }
    }

    public async Task DeleteAsync(HttpContext context)
    {
        if (!workspace.ResolveEntry(context.Request.RouteValues["path"] as string ?? ".").Try(out var path, out var refusal) || (refusal = Delete(path, context.Request.Query["recursive"] == "true")) is not null)
        {
            await Problems.WriteAsync(context, refusal);
            return;
        }

        await Answers.NoContent(context);
    }

    private Result<string> Find(HttpContext context)
    {
        if (!workspace.Resolve(context.Request.RouteValues["path"] as string ?? ".").Try(out var path, out var refusal))
        {
            return refusal;
        }

        return Path.Exists(path) ? path : ConductorRefusals.NoSuchFile;
    }

    private Refusal? Delete(string path, bool recursive)
    {
        if (path == workspace.Root)
        {
            return ConductorRefusals.PathInvalid;
        }

        if (new FileInfo(path).LinkTarget is not null || File.Exists(path))
        {
            File.Delete(path);
            return null;
        }

        if (!Directory.Exists(path))
        {
            return ConductorRefusals.NoSuchFile;
        }

        if (!recursive && Directory.EnumerateFileSystemEntries(path).Any())
        {
            return ConductorRefusals.FolderNotEmpty;
        }

        Directory.Delete(path, recursive);
        return null;
    }

    private FolderShown List(string folder)
    {
        var entries = Walk.Below(folder, recursive: false).Take(MaxEntries + 1).Select(entry => new FileShown(
            entry.Name, entry.LinkTarget is not null ? "link" : entry is DirectoryInfo ? "folder" : "file", entry is FileInfo { LinkTarget: null } file ? file.Length : 0, new DateTimeOffset(entry.LastWriteTimeUtc))).ToList();
        return new FolderShown(workspace.NameOf(folder), [.. entries.Take(MaxEntries)], entries.Count > MaxEntries);
    }

    /// <summary>As a download, never as a page: what lies in a workspace may be anybody's HTML.</summary>
    private static async Task SendAsync(HttpContext context, FileInfo file)
    {
        await using var stream = Open(file);
        if (stream is null)
        {
            await Problems.WriteAsync(context, ConductorRefusals.NoSuchFile);
            return;
        }

        var response = context.Response;
        response.ContentType = "application/octet-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentDisposition = new ContentDispositionHeaderValue("attachment") { FileNameStar = file.Name }.ToString();
        response.Headers.AcceptRanges = "bytes";
        var length = stream.Length;
        var first = RangeStart(context, length);
        if (first > 0)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = $"bytes {first}-{length - 1}/{length}";
            stream.Seek(first, SeekOrigin.Begin);
        }

        response.ContentLength = length - first;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await SendAsync(stream, length - first, response, context.RequestAborted);
        }
    }

    /// <summary>Null: it is no plain file, or may not be read.</summary>
    private static FileStream? Open(FileInfo file)
    {
        try
        {
            return RegularFile.OpenRead(file.FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>As much as was announced: the file may grow while it is sent.</summary>
    private static async Task SendAsync(FileStream stream, long left, HttpResponse response, CancellationToken cancellationToken)
    {
        var block = new byte[64 * 1024];
        while (left > 0 && await stream.ReadAsync(block.AsMemory(0, (int)Math.Min(left, block.Length)), cancellationToken) is > 0 and var read)
        {
            await response.Body.WriteAsync(block.AsMemory(0, read), cancellationToken);
            left -= read;
        }
    }

    /// <summary>From there to the end; other ranges are answered with the whole (RFC 9110, section 14.2).</summary>
    private static long RangeStart(HttpContext context, long length) =>
        RangeHeaderValue.TryParse(context.Request.Headers.Range.ToString(), out var range) && range is { Unit.Value: "bytes", Ranges.Count: 1 }
            && range.Ranges.First() is { From: { } from, To: null } && from < length
            ? from
            : 0;
}
