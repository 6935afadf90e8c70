namespace Spoq.Core.Access;

/// <summary>When the key that signs gives way to a new one.</summary>
public static class KeyRotation
{
    /// <summary>How long a key signs before the schedule replaces it.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromDays(30);

    /// <summary>How long a new key is published before it signs: longer than any cache of the key set lives.</summary>
    public static readonly TimeSpan Lead = TimeSpan.FromMinutes(15);

    /// <summary>When the schedule wants a new key.</summary>
    public static DateTimeOffset DueAt(IReadOnlyCollection<SigningKey> keys, DateTimeOffset now) =>
        keys.Any(key => key.RetiredAt is null || now < key.RetiredAt) ? keys.Max(key => key.ActiveAt) + Every : now;

    /// <summary>A new key is published already and waits for its time.</summary>
    public static bool IsUnderWay(IReadOnlyCollection<SigningKey> keys, DateTimeOffset now) => keys.Any(key => now < key.ActiveAt);
}
