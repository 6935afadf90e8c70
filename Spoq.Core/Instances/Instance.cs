using Spoq.Core.Instances.Providers.Byo;
using Spoq.Core.Instances.Provisioning;

namespace Spoq.Core.Instances;

/// <summary>One personal server: what its owner wants of it and how far that has come.</summary>
public sealed partial class Instance
{
    public Instance(Guid id, Guid accountId, string address, string hostname, string username, string plan, string region, string provider, DateTimeOffset createdAt)
    {
        Id = id;
        AccountId = accountId;
        Address = address;
        Hostname = hostname;
        Username = username;
        Plan = plan;
        Region = region;
        Provider = provider;
        CreatedAt = createdAt;
        StateSince = createdAt;
        ServerMark = id;
    }

    public Guid Id { get; private set; }

    public Guid AccountId { get; private set; }

    /// <summary>The chosen subdomain, such as <c>alice</c>.</summary>
    public string Address { get; private set; }

    /// <summary>Address and instance domain; also the audience of runtime tokens.</summary>
    public string Hostname { get; private set; }

    /// <summary>The first profile's login name.</summary>
    public string Username { get; private set; }

    /// <summary>Key of the plan in the catalogue: what is paid for.</summary>
    public string Plan { get; private set; }

    /// <summary>The plan whose size is wanted while it is being changed; null: the one it has.</summary>
    public string? NextPlan { get; private set; }

    /// <summary>The plan whose size the server may have been given, where that is not <see cref="Plan"/>'s; written before its provider is asked.</summary>
    public string? ServerPlan { get; private set; }

    public string Region { get; private set; }

    public string Provider { get; private set; }

    /// <summary>Its owner brought the machine: we neither switch it off nor wipe it.</summary>
    public bool IsOwnServer => Provider == OwnServer.Provider;

    public InstanceState State { get; private set; } = InstanceState.Draft;

    public DateTimeOffset StateSince { get; private set; }

    /// <summary>The work in hand; null when what is wanted is what there is.</summary>
    public Road? Road { get; private set; }

    public Step? Step { get; private set; }

    public DateTimeOffset? StepStartedAt { get; private set; }

    /// <summary>By when the step must be done, or it has failed.</summary>
    public DateTimeOffset? StepDeadline { get; private set; }

    /// <summary>Failed tries of the current step; a provider's "wait" is not one.</summary>
    public int Attempts { get; private set; }

    /// <summary>When a worker looks at it next; null: never.</summary>
    public DateTimeOffset? DueAt { get; private set; }

    public DateTimeOffset? LeaseUntil { get; private set; }

    /// <summary>Fencing number: grows at every claim, guards every write of a worker.</summary>
    public long LeaseToken { get; private set; }

    /// <summary>What is being waited for, in words.</summary>
    public string? WaitingFor { get; private set; }

    public string? ErrorCode { get; private set; }

    public string? ErrorMessage { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset? PaidAt { get; private set; }

    public DateTimeOffset? ReadyAt { get; private set; }

    /// <summary>The provider's own id of the server.</summary>
    public string? ServerReference { get; private set; }

    /// <summary>
    /// Where the Conductor is reached: <c>https://alice.spoq.dev</c>, or <c>http://127.0.0.1:41234</c> with the local
    /// provider; the hostname is sent as <c>Host</c> either way.
    /// </summary>
    public string? Endpoint { get; private set; }

    /// <summary>SHA256 fingerprint of the server's SSH host key; null where the provider has no SSH.</summary>
    public string? HostKeyFingerprint { get; private set; }

    /// <summary>The private half of that key, encrypted: made once, put on every server that the instance gets.</summary>
    public byte[]? SealedHostKey { get; private set; }

    public string? ConductorVersion { get; private set; }

    /// <summary>SHA-256 of the one-time token the server phones home with.</summary>
    public byte[]? ProvisioningTokenHash { get; private set; }

    /// <summary>SHA-256 of the token the Conductor reports with; null: revoked.</summary>
    public byte[]? InstanceTokenHash { get; private set; }

    public DateTimeOffset? PhonedHomeAt { get; private set; }

    public DateTimeOffset? LastHeartbeatAt { get; private set; }

    public double? CpuPercent { get; private set; }

    public long? MemoryUsedBytes { get; private set; }

    public long? MemoryTotalBytes { get; private set; }

    public long? DiskUsedBytes { get; private set; }

    public long? DiskTotalBytes { get; private set; }

    public uint Version { get; private set; }

    /// <summary>Another choice in the wizard: only before payment.</summary>
    public void Choose(string address, string hostname, string username, string plan, string region, string provider)
    {
        if (State != InstanceState.Draft)
        {
            throw new InvalidOperationException($"Instance {Id} is {State}: what was paid for is not chosen anew.");
        }

        Address = address;
        Hostname = hostname;
        Username = username;
        Plan = plan;
        Region = region;
        Provider = provider;
    }
}
