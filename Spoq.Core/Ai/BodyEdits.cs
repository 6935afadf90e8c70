namespace Spoq.Core.Ai;

/// <summary>A body with a few pieces replaced: all that the proxy ever changes of one.</summary>
public static class BodyEdits
{
    /// <summary>The edited body in pieces; nothing is copied, for a copy would take a large body's memory twice.</summary>
    /// <param name="body">As it came.</param>
    /// <param name="edits">In any order; they do not overlap.</param>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Pieces(ReadOnlyMemory<byte> body, Span<BodyEdit> edits)
    {
        if (edits.IsEmpty)
        {
            return [body];
        }

        edits.Sort((one, other) => one.Start.CompareTo(other.Start));
        var pieces = new List<ReadOnlyMemory<byte>>((edits.Length * 2) + 1);
        var from = 0;
        foreach (var edit in edits)
        {
            pieces.Add(body[from..edit.Start]);
            pieces.Add(edit.With);
            from = edit.Start + edit.Length;
        }

        pieces.Add(body[from..]);
        return pieces;
    }
}
