namespace Spoq.Core.Instances;

/// <summary>What an instance is, as people are told it.</summary>
public enum InstanceState
{
    /// <summary>Chosen in the wizard, not paid: nothing exists anywhere, nothing is due.</summary>
    Draft,

    /// <summary>Paid, on the road to ready.</summary>
    Provisioning,

    /// <summary>Verified from outside; heartbeats are expected.</summary>
    Running,

    Stopping,

    /// <summary>The server is off, its data is kept.</summary>
    Stopped,

    Starting,

    Restarting,

    /// <summary>Off for a moment, to come back with another size; or with its old one, where the new one cannot be had.</summary>
    Resizing,

    /// <summary>A step failed for good. Waits for its owner: retry, or cancel and refund.</summary>
    Failed,

    /// <summary>Being undone: what was made is removed and the payment goes back.</summary>
    Cancelling,

    /// <summary>Final: undone and refunded.</summary>
    Cancelled,

    Deleting,

    /// <summary>Final: server, DNS and credentials are gone.</summary>
    Deleted,
}
