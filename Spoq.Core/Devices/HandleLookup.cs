namespace Spoq.Core.Devices;

/// <summary>
/// The keys that were shown for a handle. What is confirmed is added from here and never fetched again:
/// an answer that changes between showing and confirming cannot slip in.
/// </summary>
public sealed class HandleLookup(Guid accountId, string handle, string keys, DateTimeOffset shownAt)
{
    /// <summary>How long what was shown may be confirmed.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    public Guid AccountId { get; private set; } = accountId;

    public string Handle { get; private set; } = handle;

    /// <summary>One OpenSSH line a key.</summary>
    public string Keys { get; private set; } = keys;

    public DateTimeOffset ShownAt { get; private set; } = shownAt;

    /// <summary>The keys, when exactly these were confirmed, in time.</summary>
    public Result<KeyList> Confirm(IReadOnlyCollection<string> fingerprints, DateTimeOffset now)
    {
        var list = now - ShownAt <= Lifetime ? KeyList.Read(Keys) : null;
        return list is not null && list.Keys.Select(key => key.Fingerprint).ToHashSet(StringComparer.Ordinal).SetEquals(fingerprints)
            ? list
            : DeviceRefusals.LookUpAgain;
    }
}
