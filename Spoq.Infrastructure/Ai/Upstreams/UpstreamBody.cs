using System.Net;
using System.Net.Http.Headers;
using Spoq.Infrastructure.Ai.Metering;

namespace Spoq.Infrastructure.Ai.Upstreams;

/// <summary>A body in one or a few pieces. The client puts small ones into one write by itself.</summary>
public sealed class UpstreamBody : HttpContent
{
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly IReadOnlyList<ReadOnlyMemory<byte>> _pieces;
    private int _writing;

    public UpstreamBody(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        _pieces = pieces;
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
            for (var i = 0; i < _pieces.Count; i++)
            {
                await stream.WriteAsync(_pieces[i], cancellationToken);
            }

            Call?.Asked();
        }
        finally
        {
            Interlocked.Decrement(ref _writing);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        for (var i = 0; i < _pieces.Count; i++)
        {
            length += _pieces[i].Length;
        }

        return true;
    }
}
