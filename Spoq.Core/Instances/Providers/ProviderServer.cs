namespace Spoq.Core.Instances.Providers;

/// <summary>
/// One line of the ledger of orders: written before the provider is asked, completed after it answered,
/// so that no death in between can buy twice or forget what was bought.
/// </summary>
/// <param name="id">Of the line.</param>
/// <param name="instanceId">Whose it is.</param>
/// <param name="mark">What it is found by at its provider; one open line each.</param>
/// <param name="provider">Where.</param>
/// <param name="plan">Key of the plan whose size was ordered.</param>
/// <param name="orderedAt">When the provider was first to be asked.</param>
public sealed class ProviderServer(Guid id, Guid instanceId, Guid mark, string provider, string plan, DateTimeOffset orderedAt)
{
    public Guid Id { get; private set; } = id;

    public Guid InstanceId { get; private set; } = instanceId;

    public Guid Mark { get; private set; } = mark;

    public string Plan { get; private set; } = plan;

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
