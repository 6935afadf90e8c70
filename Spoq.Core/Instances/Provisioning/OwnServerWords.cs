namespace Spoq.Core.Instances.Provisioning;

/// <summary>Steps whose name would be wrong where a customer brings the machine; null: the name for all will do.</summary>
internal static class OwnServerWords
{
    public static string? Title(Step step) => step switch
    {
        Step.CreateServer => "Make your command",
        Step.AwaitServer => "Wait for your server",
        Step.StopServer => "Stand down",
        Step.StartServer => "Go on",
        Step.DeleteServer => "Detach your server",
        _ => null,
    };

    public static string? Doing(Step step) => step switch
    {
        Step.CreateServer => "Making the command that connects your server.",
        Step.AwaitServer => "Waiting for you to run the command on your server.",
        Step.StopServer => "Letting nobody in any more; your server runs on.",
        Step.StartServer => "Letting you in again.",
        Step.DeleteServer => "Letting go of your server. Nothing on it is deleted.",
        _ => null,
    };

    public static string? Finished(Step step) => step switch
    {
        Step.CreateServer => "Your command is ready.",
        Step.AwaitServer => "Your server has called.",
        Step.StopServer => "Nobody gets in through Spoq.",
        Step.StartServer => "It lets you in again.",
        Step.DeleteServer => "Your server is detached. What is on it was left alone.",
        _ => null,
    };

    public static string? Headline(InstanceState state) => state switch
    {
        InstanceState.Provisioning => "Connecting your server.",
        InstanceState.Stopped => "Stopped: your server runs on, but nobody gets in through Spoq.",
        InstanceState.Deleting => "Detaching your server. Nothing on it is deleted.",
        InstanceState.Deleted => "Detached.",
        _ => null,
    };

    public static string? Next(Instance instance) => instance switch
    {
        { Step: Step.AwaitServer, State: InstanceState.Provisioning, ErrorMessage: null } => "Run the command on your server. You may close this page; we go on as soon as it calls.",
        { State: InstanceState.Running } => "Nothing to do: it reports every half minute.",
        { State: InstanceState.Deleting } => "To take our programs off it as well, run on it: sudo spoq-detach",
        _ => null,
    };
}
