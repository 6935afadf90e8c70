namespace Spoq.Core.Instances.Provisioning;

/// <summary>A piece of work on an instance: an ordered list of steps with an end. See <see cref="Roads"/>.</summary>
public enum Road
{
    Create,
    Start,
    Stop,
    Restart,
    Delete,

    /// <summary>To the size of <see cref="Instance.NextPlan"/>, seen running before it is paid for.</summary>
    Resize,

    /// <summary>The way out of a change that did not work: to the size of <see cref="Instance.Plan"/>.</summary>
    ResizeBack,

    /// <summary>To the size of <see cref="Instance.NextPlan"/> on another server, where the one there is cannot have it.</summary>
    Move,

    /// <summary>The way out of a move that did not work: the old server is opened again and the new one ended.</summary>
    MoveBack,

    /// <summary>Compensation: what was made is removed and the payment goes back.</summary>
    Cancel,
}

/// <summary>Which steps a road has, in order.</summary>
public static class Roads
{
    private static readonly Dictionary<Road, Step[]> s_steps = new()
    {
        [Road.Create] = [Step.Reserve, Step.CreateServer, Step.AwaitServer, Step.ConfigureDns, Step.InstallConductor, Step.Verify, Step.Ready],
        [Road.Start] = [Step.StartServer, Step.AwaitServer, Step.Verify, Step.Ready],
        [Road.Stop] = [Step.StopServer],
        [Road.Restart] = [Step.StopServer, Step.StartServer, Step.AwaitServer, Step.Verify, Step.Ready],
        [Road.Resize] = [Step.StopServer, Step.ResizeServer, Step.StartServer, Step.AwaitServer, Step.Verify, Step.Ready],
        [Road.ResizeBack] = [Step.StopServer, Step.ResizeServer, Step.StartServer, Step.AwaitServer, Step.Verify, Step.Ready],
        [Road.Move] = [Step.CreateServer, Step.AwaitServer, Step.InstallConductor, Step.CopyFiles, Step.FinishCopy, Step.ConfigureDns, Step.Verify, Step.EndOther, Step.Ready],
        [Road.MoveBack] = [Step.TakeBackServer, Step.StopServer, Step.StartServer, Step.AwaitServer, Step.Verify, Step.EndOther, Step.Ready],
        [Road.Delete] = [Step.RevokeAccess, Step.RemoveDns, Step.StopServer, Step.DeleteServer, Step.Close],
        [Road.Cancel] = [Step.RevokeAccess, Step.RemoveDns, Step.DeleteServer, Step.Refund, Step.Close],
    };

    public static IReadOnlyList<Step> Steps(this Road road) => s_steps[road];

    /// <summary>The road back from a step that failed for good; null: there is none, and it is tried again.</summary>
    public static Road? Return(this Road road, Step step) => road switch
    {
        Road.Resize => Road.ResizeBack,

        // Once the name leads to the new server, what its owner does there is not to be found on the old one.
        Road.Move when step is not (Step.ConfigureDns or Step.Verify or Step.EndOther or Step.Ready) => Road.MoveBack,
        _ => null,
    };

    /// <summary>The step after this one; null at the end of the road.</summary>
    public static Step? After(this Road road, Step step)
    {
        var steps = s_steps[road];
        var next = Array.IndexOf(steps, step) + 1;
        return next < steps.Length ? steps[next] : null;
    }
}
