namespace Spoq.Core.Instances.Setup;

/// <summary>The wizard's pages, in order.</summary>
public enum SetupStep
{
    Address,
    Profile,
    Device,
    Plan,
    Pay,

    /// <summary>Paid: the engine works, nothing can be chosen any more.</summary>
    Progress,
    Ready,
}
