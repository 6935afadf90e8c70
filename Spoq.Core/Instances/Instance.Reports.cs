namespace Spoq.Core.Instances;

// What the server itself reports.
public sealed partial class Instance
{
    public void ExpectPhoneHome(byte[] provisioningTokenHash) => ProvisioningTokenHash = provisioningTokenHash;

    /// <summary>The one it has stays: its visitors know it.</summary>
    public void KeepHostKey(byte[] sealedKey) => SealedHostKey ??= sealedKey;

    /// <summary>The worker that waits for this call is woken.</summary>
    public void PhoneHome(string version, byte[] instanceTokenHash, DateTimeOffset now)
    {
        ConductorVersion = version;
        InstanceTokenHash = instanceTokenHash;
        PhonedHomeAt ??= now;
        if (IsInstalling)
        {
            DueAt = now;
        }
    }

    private bool IsInstalling => Step == Provisioning.Step.InstallConductor && (State is InstanceState.Provisioning or InstanceState.Resizing);

    /// <summary>The machine that its owner was to bring has come: the worker that waits for it is woken.</summary>
    public void ServerCame(DateTimeOffset now)
    {
        if (Step == Provisioning.Step.AwaitServer && State == InstanceState.Provisioning)
        {
            DueAt = now;
        }
    }

    /// <summary>What the screen says until the next stage of the installation.</summary>
    public void ReachStage(string words)
    {
        if (IsInstalling)
        {
            WaitingFor = words;
        }
    }

    /// <summary>The first one proves that the instance token arrived: the one-time token has served.</summary>
    public void Heartbeat(ServerVitals vitals, DateTimeOffset now)
    {
        ProvisioningTokenHash = null;
        LastHeartbeatAt = now;
        ConductorVersion = vitals.Version;
        CpuPercent = vitals.CpuPercent;
        MemoryUsedBytes = vitals.MemoryUsedBytes;
        MemoryTotalBytes = vitals.MemoryTotalBytes;
        DiskUsedBytes = vitals.DiskUsedBytes;
        DiskTotalBytes = vitals.DiskTotalBytes;
    }

    /// <summary>It can no longer be set up. What it reports is still heard, so that it hears that it is let go.</summary>
    public void RevokeSetup()
    {
        ProvisioningTokenHash = null;
        SealedHostKey = null;
    }

    /// <summary>No token of the server counts any more, and nobody needs its key.</summary>
    public void RevokeTokens()
    {
        ProvisioningTokenHash = null;
        InstanceTokenHash = null;
        SealedHostKey = null;
    }
}

/// <summary>What a heartbeat says of a server.</summary>
public sealed record ServerVitals(string Version, double CpuPercent, long MemoryUsedBytes, long MemoryTotalBytes, long DiskUsedBytes, long DiskTotalBytes);
