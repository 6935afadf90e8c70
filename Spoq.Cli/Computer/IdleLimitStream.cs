using Spoq.Core.Wire;

namespace Spoq.Cli.Computer;

/// <summary>
/// Reads that hear nothing for a minute end: a computer that lives sends a sign of life every quarter of one, so the line
/// is dead, whatever TCP believes.
/// </summary>
internal sealed class IdleLimitStream(Stream inner, TimeSpan limit) : ReadOnlyStream(inner)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        idle.CancelAfter(limit);
        try
        {
            return await Inner.ReadAsync(buffer, idle.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException("Nothing came for too long.");
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Inner.Read(buffer, offset, count);
}
