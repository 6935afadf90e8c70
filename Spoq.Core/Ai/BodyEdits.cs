namespace Spoq.Core.Ai;

/// <summary>A body with a few pieces replaced: all that the proxy ever changes of one.</summary>
public static class BodyEdits
{
    public static int LengthAfter(int length, ReadOnlySpan<BodyEdit> edits)
    {
        foreach (var edit in edits)
        {
            length += edit.With.Length - edit.Length;
        }

        return length;
    }

    /// <param name="body">As it came.</param>
    /// <param name="edits">In any order; they do not overlap.</param>
    /// <param name="target">At least <see cref="LengthAfter"/> long.</param>
    public static void Apply(ReadOnlySpan<byte> body, Span<BodyEdit> edits, Span<byte> target)
    {
        edits.Sort((one, other) => one.Start.CompareTo(other.Start));
        var (from, to) = (0, 0);
        foreach (var edit in edits)
        {
            body[from..edit.Start].CopyTo(target[to..]);
            to += edit.Start - from;
            edit.With.CopyTo(target[to..]);
            to += edit.With.Length;
            from = edit.Start + edit.Length;
        }

        body[from..].CopyTo(target[to..]);
    }
}
