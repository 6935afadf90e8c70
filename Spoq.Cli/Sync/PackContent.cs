using System.Net;
using System.Net.Http.Headers;
using Spoq.Core.Wire;

namespace Spoq.Cli.Sync;

/// <summary>Local files as one body, read while they are sent.</summary>
internal sealed class PackContent : HttpContent
{
    private readonly IReadOnlyList<(string Path, LocalFile File)> _files;

    public PackContent(IReadOnlyList<(string Path, LocalFile File)> files)
    {
        _files = files;
        Headers.ContentType = new MediaTypeHeaderValue(PackHeader.MediaType);
        Headers.ContentLength = files.Sum(one => PackHeader.Size + one.File.Size);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var header = new byte[PackHeader.Size];
        var block = new byte[64 * 1024];
        foreach (var (path, file) in _files)
        {
            PackHeader.Write(header, file.Sha256, file.Size);
            await stream.WriteAsync(header, cancellationToken);
            await using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
            for (var left = file.Size; left > 0;)
            {
                // One that changes meanwhile does not hold what its header says; the other side throws it away.
                var read = source.Read(block, 0, (int)Math.Min(left, block.Length));
                read = read == 0 ? (int)Math.Min(left, block.Length) : read;
                await stream.WriteAsync(block.AsMemory(0, read), cancellationToken);
                left -= read;
            }
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = Headers.ContentLength ?? 0;
        return true;
    }
}
