namespace Spoq.Core.Instances.Providers;

/// <summary>
/// One line of the ledger of orders: written before the provider is asked, completed after it answered,
/// so that no death in between can buy twice or forget what was bought.
/// </summary>
public sealed class ProviderServer(Guid id, Guid instanceId, string provider, DateTimeOffset orderedAt)
{
    public Guid Id { get; private set; } = id;

    public Guid InstanceId { get; private set; } = instanceId;

    public string Provider { get; private set; } = provider;

    /// <summary>When the provider was last asked for it.</summary>
    public DateTimeOffset OrderedAt { get; private set; } = orderedAt;

    public DateTimeOffset? AnsweredAt { get; private set; }

    public string? Reference { get; private set; }

    public DateTimeOffset? RemovedAt { get; private set; }

    /// <summary>A rental that outlives its instance ends by itself then; null: there is none.</summary>
    public DateTimeOffset? PaidUntil { get; private set; }

    /// <summary>The one-time token, encrypted: a repeated order carries the same one. Gone once it has served.</summary>
    public byte[]? SealedProvisioningToken { get; private set; }

    /// <summary>The token given at phone-home, encrypted: repeated until a heartbeat proves that it arrived.</summary>
    public byte[]? SealedInstanceToken { get; private set; }

    public void OrderAgain(DateTimeOffset now) => OrderedAt = now;

    public void KeepProvisioningToken(byte[] sealedToken) => SealedProvisioningToken = sealedToken;

    public void KeepInstanceToken(byte[] sealedToken) => SealedInstanceToken = sealedToken;

    public void Answer(string reference, DateTimeOffset now)
    {
        Reference = reference;
        AnsweredAt ??= now;
    }

    public void ForgetTokens()
    {
        SealedProvisioningToken = null;
        SealedInstanceToken = null;
    }

    /// <summary>The rental is another instance's now.</summary>
    public void ServesAgain() => PaidUntil = null;

    /// <param name="now">When it stopped being the instance's.</param>
    /// <param name="paidUntil">The rental could not be ended: wiped, it runs until then.</param>
    public void Remove(DateTimeOffset now, DateTimeOffset? paidUntil)
    {
        RemovedAt ??= now;
        PaidUntil = paidUntil;
        ForgetTokens();
    }
}
