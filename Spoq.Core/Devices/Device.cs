namespace Spoq.Core.Devices;

/// <summary>One pasted key, or one ssh.id handle with all its confirmed keys. At most two a profile, so four an account.</summary>
public sealed class Device(Guid id, Guid accountId, Guid profileId, int slot, string name, string? handle, DateTimeOffset createdAt)
{
    public const int MaxPerProfile = 2;

    public Guid Id { get; private set; } = id;

    public Guid AccountId { get; private set; } = accountId;

    public Guid ProfileId { get; private set; } = profileId;

    /// <summary>1 or 2; unique within the profile.</summary>
    public int Slot { get; private set; } = slot;

    public string Name { get; private set; } = name;

    /// <summary>The ssh.id handle the keys were taken from; null for a pasted key.</summary>
    public string? Handle { get; private set; } = handle;

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    public DateTimeOffset? LastConnectedAt { get; private set; }

    public List<DeviceKey> Keys { get; private set; } = [];

    /// <summary>The slot a new device takes in its profile; null when the profile is full.</summary>
    public static int? FreeSlot(IReadOnlyCollection<int> taken) => FirstFree(MaxPerProfile, taken);

    internal static int? FirstFree(int slots, IReadOnlyCollection<int> taken) =>
        Enumerable.Range(1, slots).Where(slot => !taken.Contains(slot)).Select(slot => (int?)slot).FirstOrDefault();
}

/// <summary>One OpenSSH public key of a device, without options or comment.</summary>
/// <param name="fingerprint"><c>SHA256:…</c> as <c>ssh-keygen -lf</c> prints it; unique within the account.</param>
public sealed class DeviceKey(Guid id, Guid accountId, Guid deviceId, string algorithm, string publicKey, string fingerprint, string? comment)
{
    public Guid Id { get; private set; } = id;

    public Guid AccountId { get; private set; } = accountId;

    public Guid DeviceId { get; private set; } = deviceId;

    /// <summary>Such as <c>ssh-ed25519</c>.</summary>
    public string Algorithm { get; private set; } = algorithm;

    /// <summary>The base64 blob.</summary>
    public string PublicKey { get; private set; } = publicKey;

    public string Fingerprint { get; private set; } = fingerprint;

    public string? Comment { get; private set; } = comment;
}
