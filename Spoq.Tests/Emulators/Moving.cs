namespace Spoq.Tests.Emulators;

/// <summary>Something at a vendor whose states follow one another as it is looked at.</summary>
internal abstract class Moving
{
    private readonly Queue<string> _ahead = [];

    public string State { get; private set; } = "";

    /// <summary>More states follow by themselves.</summary>
    public bool IsMoving => _ahead.Count > 0;

    public void Become(string state, params string[] ahead)
    {
        State = state;
        _ahead.Clear();
        foreach (var next in ahead)
        {
            _ahead.Enqueue(next);
        }
    }

    public void Step()
    {
        if (_ahead.TryDequeue(out var next))
        {
            State = next;
        }
    }
}
