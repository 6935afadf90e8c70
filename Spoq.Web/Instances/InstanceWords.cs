using Spoq.Core.Instances;

namespace Spoq.Web.Instances;

/// <summary>A state as its owner reads it.</summary>
internal static class InstanceWords
{
    public static string Of(InstanceState state) => state switch
    {
        InstanceState.Draft => "Not paid yet",
        InstanceState.Provisioning => "Setting up",
        InstanceState.Running => "Running",
        InstanceState.Stopping => "Stopping",
        InstanceState.Stopped => "Stopped",
        InstanceState.Starting => "Starting",
        InstanceState.Restarting => "Restarting",
        InstanceState.Resizing => "Changing size",
        InstanceState.Failed => "Needs you",
        InstanceState.Cancelling => "Cancelling",
        InstanceState.Cancelled => "Cancelled",
        InstanceState.Deleting => "Deleting",
        InstanceState.Deleted => "Deleted",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "A state without words."),
    };

    /// <summary>Nothing is deleted on a server that is a customer's own.</summary>
    public static string Of(Instance instance) => instance switch
    {
        { IsOwnServer: true, State: InstanceState.Deleting } => "Detaching",
        { IsOwnServer: true, State: InstanceState.Deleted } => "Detached",
        _ => Of(instance.State),
    };

    /// <summary>Class of the badge.</summary>
    public static string Tone(InstanceState state) => state switch
    {
        InstanceState.Running => "good",
        InstanceState.Failed => "bad",
        InstanceState.Provisioning or InstanceState.Starting or InstanceState.Restarting or InstanceState.Resizing => "good busy",
        InstanceState.Stopping or InstanceState.Cancelling or InstanceState.Deleting => "warn busy",
        _ => "",
    };
}
