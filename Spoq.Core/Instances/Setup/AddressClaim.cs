namespace Spoq.Core.Instances.Setup;

/// <summary>Who has an address: held for a while by somebody in the wizard, locked in by an instance, or resting after one.</summary>
public sealed class AddressClaim(string address)
{
    public static readonly TimeSpan HoldTime = TimeSpan.FromMinutes(30);

    /// <summary>Old links and caches must have forgotten a name before a stranger gets it.</summary>
    public static readonly TimeSpan RestTime = TimeSpan.FromDays(30);

    public string Address { get; private set; } = address;

    public Guid? AccountId { get; private set; }

    public DateTimeOffset? HeldUntil { get; private set; }

    public Guid? InstanceId { get; private set; }

    public DateTimeOffset? FreeAt { get; private set; }

    /// <summary>Why this account cannot have it; null when it can. The upsert in the database decides by the same rule.</summary>
    public Refusal? RefusalFor(Guid? accountId, DateTimeOffset now)
    {
        if (InstanceId is not null)
        {
            return SetupRefusals.AddressTaken;
        }

        if (FreeAt is { } freeAt)
        {
            return freeAt <= now ? null : SetupRefusals.AddressResting;
        }

        var isMine = accountId is not null && AccountId == accountId;
        return isMine || HeldUntil <= now ? null : SetupRefusals.AddressTaken;
    }
}
