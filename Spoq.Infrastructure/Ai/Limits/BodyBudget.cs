namespace Spoq.Infrastructure.Ai.Limits;

/// <summary>
/// The memory that bodies may take in this process at once. Who finds none left waits in line, those first who hold
/// some already, and after <paramref name="patience"/> gets none.
/// </summary>
/// <param name="most">In bytes.</param>
public sealed class BodyBudget(long most, TimeSpan patience, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = [];
    private long _held;

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
                _held += bytes;
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
            _held += bytes;
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
                _held += next.Bytes;
                next.Granted.SetResult();
            }
        }
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
