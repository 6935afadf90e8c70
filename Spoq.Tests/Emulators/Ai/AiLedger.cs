using System.Collections.Concurrent;

namespace Spoq.Tests.Emulators.Ai;

/// <summary>What an upstream did for one request, by its own count.</summary>
public sealed class LedgerEntry
{
    public required string Id { get; init; }

    public required string Path { get; init; }

    public required string Body { get; init; }

    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    public int Prompt { get; set; }

    public int Cached { get; set; }

    /// <summary>Tokens that were written to the connection.</summary>
    public int Completion { get; set; }

    /// <summary>The usage was written to the connection.</summary>
    public bool ToldUsage { get; set; }

    /// <summary>Refused, or gone before the head of an answer.</summary>
    public bool IsRefused { get; set; }

    /// <summary>The caller went before the end.</summary>
    public bool WasLeft { get; set; }
}

public sealed class AiLedger
{
    public ConcurrentQueue<LedgerEntry> Entries { get; } = [];

    public LedgerEntry Last => Entries.Last();
}
