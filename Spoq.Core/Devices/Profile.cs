namespace Spoq.Core.Devices;

/// <summary>A login username on the instance. At most two an account, held by the slot's unique index.</summary>
public sealed class Profile(Guid id, Guid accountId, int slot, string username, DateTimeOffset createdAt)
{
    public const int MaxPerAccount = 2;

    public Guid Id { get; private set; } = id;

    public Guid AccountId { get; private set; } = accountId;

    /// <summary>1 or 2; unique within the account.</summary>
    public int Slot { get; private set; } = slot;

    public string Username { get; private set; } = username;

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    /// <summary>The crypt(3) hash of a login password, sealed; null: keys only.</summary>
    public byte[]? PasswordHash { get; private set; }

    public void Rename(string username) => Username = username;

    public void SetPassword(byte[]? sealedHash) => PasswordHash = sealedHash;

    /// <summary>The slot a new profile takes; null when the account is full.</summary>
    public static int? FreeSlot(IReadOnlyCollection<int> taken) => Device.FirstFree(MaxPerAccount, taken);
}
