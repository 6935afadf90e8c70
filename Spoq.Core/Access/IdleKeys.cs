using System.Collections.Concurrent;

namespace Spoq.Core.Access;

/// <summary>
/// Key objects of one key that nobody uses right now. The framework's are not promised to be safe for several threads,
/// and making one costs more than the signature it checks. There are never more than were in use at once.
/// </summary>
internal sealed class IdleKeys<T>(Func<T> make)
{
    private readonly ConcurrentBag<T> _idle = [];

    public T Take() => _idle.TryTake(out var key) ? key : make();

    public void Return(T key) => _idle.Add(key);
}
