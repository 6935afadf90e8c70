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

    /// <summary>The new server copies all that is its owner's from the old one, which stays in use.</summary>
    CopyFiles,

    /// <summary>The old one is closed, and what has changed since is copied.</summary>
    FinishCopy,

    /// <summary>Of the two servers of a move, the one that is not the instance's any more ends.</summary>
    EndOther,

    /// <summary>The old server of a move is the instance's again.</summary>
    TakeBackServer,
    RevokeAccess,
    RemoveDns,
    DeleteServer,
    Refund,
    Close,
}
