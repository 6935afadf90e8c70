namespace Spoq.Core.Instances.Provisioning;

/// <summary>One stretch of a road; every step is safe to run twice.</summary>
public enum Step
{
    /// <summary>Payment, quota and the claim on the address are checked and locked in.</summary>
    Reserve,
    CreateServer,
    AwaitServer,
    ConfigureDns,

    /// <summary>Done when the Conductor has phoned home.</summary>
    InstallConductor,

    /// <summary>The Conductor answers under its hostname, with a token of ours.</summary>
    Verify,
    Ready,
    StopServer,
    StartServer,
    ResizeServer,
    RevokeAccess,
    RemoveDns,
    DeleteServer,
    Refund,
    Close,
}
