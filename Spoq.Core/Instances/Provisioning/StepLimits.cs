namespace Spoq.Core.Instances.Provisioning;

/// <summary>How long a step may take altogether and how often it may fail.</summary>
public sealed record StepLimits(TimeSpan Deadline, int Attempts)
{
    /// <summary>Generous where a vendor boots hardware, short where only we are involved; their sum stays below 30 minutes.</summary>
    public static StepLimits Of(Step step) => step switch
    {
        Step.Reserve => Minutes(1, 5),
        Step.CreateServer => Minutes(5, 6),
        Step.AwaitServer => Minutes(8, 8),
        Step.ConfigureDns => Minutes(2, 8),

        // System updates and packages on a vendor's smallest machine.
        Step.InstallConductor => Minutes(9, 5),

        // A certificate authority is asked for the first certificate of the name.
        Step.Verify => Minutes(4, 12),
        Step.Ready => Minutes(1, 5),
        Step.StartServer or Step.StopServer => Minutes(4, 6),
        Step.ResizeServer => Minutes(6, 6),

        // A full disk at a vendor's slowest line; the old one is in use until then.
        Step.CopyFiles => Minutes(24 * 60, 20),
        Step.FinishCopy => Minutes(45, 20),
        Step.TakeBackServer => Minutes(1, 5),
        _ => Minutes(15, 20),
    };

    private static StepLimits Minutes(int minutes, int attempts) => new(TimeSpan.FromMinutes(minutes), attempts);
}
