namespace Spoq.Conductor;

/// <summary>So many at once and no more; nobody queues.</summary>
internal sealed class Room(int places)
{
    private int _taken;

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _taken) <= places)
        {
            return true;
        }

        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _taken);
}
