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

    public void Rename(string username) => Username = username;
}
