using System.Buffers;

namespace Spoq.Infrastructure.Ai.Limits;

/// <summary>
/// The memory that bodies may take in this process at once. Who finds none left waits in line, those first who hold
/// some already, and after <paramref name="patience"/> gets none.
/// </summary>
/// <param name="most">In bytes.</param>
public sealed class BodyBudget(long most, TimeSpan patience, TimeProvider clock)
{
    private const int Large = 64 * 1024;
    private const int MostPooled = 16 * 1024 * 1024;
    private const int PooledOfEach = 32;

    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = [];
    private volatile ArrayPool<byte> _large = NewPool();
    private long _held;
    private long _peak;

    public long Held
    {
        get
        {
            lock (_lock)
            {
                return _held;
            }
        }
    }

    /// <summary>The most that was held at once since <see cref="Forget"/>, in bytes.</summary>
    public long Peak
    {
        get
        {
            lock (_lock)
            {
                return _peak;
            }
        }
    }

    /// <summary>A piece of what was taken; goes back with <see cref="Return"/>.</summary>
    public byte[] Rent(int length) => (length > Large ? _large : ArrayPool<byte>.Shared).Rent(length);

    public void Return(byte[] piece) => (piece.Length > Large ? _large : ArrayPool<byte>.Shared).Return(piece);

    /// <summary>Lets go of the large pieces that lie ready for the next bodies.</summary>
    public void Forget()
    {
        _large = NewPool();
        lock (_lock)
        {
            _peak = _held;
        }
    }

    /// <param name="bytes">How many.</param>
    /// <param name="isMore">The caller holds some already.</param>
    /// <returns>False: there were none in time. Else <see cref="Give"/> them back.</returns>
    public ValueTask<bool> TakeAsync(int bytes, bool isMore, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_lock)
        {
            if (_held + bytes <= most && (isMore || _waiting.Count == 0))
            {
                Hold(bytes);
                return new(true);
            }

            waiter = new Waiter(bytes);
            waiter.Place = isMore ? _waiting.AddFirst(waiter) : _waiting.AddLast(waiter);
        }

        return new(WaitAsync(waiter, cancellationToken));
    }

    /// <summary>Takes them even if that is too many: for what cannot wait. Those who can wait the longer.</summary>
    public void Add(int bytes)
    {
        lock (_lock)
        {
            Hold(bytes);
        }
    }

    public void Give(long bytes)
    {
        lock (_lock)
        {
            _held -= bytes;
            while (_waiting.First is { Value: { } next } && _held + next.Bytes <= most)
            {
                _waiting.RemoveFirst();
                Hold(next.Bytes);
                next.Granted.SetResult();
            }
        }
    }

    /// <summary>The shared pool keeps what it has for minutes and cannot be told to let go; this one is let go whole.</summary>
    private static ArrayPool<byte> NewPool() => ArrayPool<byte>.Create(MostPooled, PooledOfEach);

    private void Hold(long bytes)
    {
        _held += bytes;
        _peak = Math.Max(_peak, _held);
    }

    private async Task<bool> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        try
        {
            await waiter.Granted.Task.WaitAsync(patience, clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return !Leaves(waiter);
        }
        catch (OperationCanceledException)
        {
            if (!Leaves(waiter))
            {
                Give(waiter.Bytes);
            }

            throw;
        }
    }

    /// <summary>False: it was granted at the last moment.</summary>
    private bool Leaves(Waiter waiter)
    {
        lock (_lock)
        {
            if (waiter.Granted.Task.IsCompleted)
            {
                return false;
            }

            _waiting.Remove(waiter.Place!);
        }

        // It may have stood before others that need less.
        Give(0);
        return true;
    }

    private sealed class Waiter(int bytes)
    {
        public int Bytes => bytes;

        public LinkedListNode<Waiter>? Place { get; set; }

        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
