using System.Net;
using System.Net.Http.Headers;
using Spoq.Infrastructure.Ai.Metering;

namespace Spoq.Infrastructure.Ai.Upstreams;

/// <summary>A body that lies in one piece and goes out in one write.</summary>
public sealed class UpstreamBody : HttpContent
{
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly ReadOnlyMemory<byte> _bytes;
    private int _writing;

    public UpstreamBody(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        Headers.ContentType = s_json;
    }

    /// <summary>Learns when the whole body has left; null: nobody meters it.</summary>
    public MeteredCall? Call { get; init; }

    /// <summary>False: an answer came before all was sent, and the sender may still look at the bytes.</summary>
    public bool IsFree => Volatile.Read(ref _writing) == 0;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _writing);
        try
        {
            await stream.WriteAsync(_bytes, cancellationToken);
            Call?.Asked();
        }
        finally
        {
            Interlocked.Decrement(ref _writing);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        return true;
    }
}
