using System.Globalization;

namespace Spoq.Core.Instances.Provisioning;

/// <summary>What an instance's state means and what comes next, for its owner.</summary>
public static class StateWords
{
    public static string Headline(Instance instance) => (instance.IsOwnServer ? OwnServerWords.Headline(instance.State) : null) ?? instance.State switch
    {
        InstanceState.Draft => "Not paid yet.",
        InstanceState.Provisioning => "Setting up your computer.",
        InstanceState.Running => "Your computer is running.",
        InstanceState.Stopping => "Stopping.",
        InstanceState.Stopped => "Stopped. Your data is kept.",
        InstanceState.Starting => "Starting.",
        InstanceState.Restarting => "Restarting.",
        InstanceState.Resizing when instance.Road == Road.ResizeBack => "Going back to the size it had: the new one could not be had.",
        InstanceState.Resizing when instance.Road == Road.MoveBack => "Going back to the computer you had: the new one could not be had.",
        InstanceState.Resizing when instance.Road == Road.Move => "Moving to a computer of another size. Your files go along.",
        InstanceState.Resizing => "Changing the size. Your data stays.",
        InstanceState.Failed => $"{instance.Step?.Title(instance) ?? "A step"} did not work.",
        InstanceState.Cancelling => "Cancelling: everything made so far is removed and your payment goes back.",
        InstanceState.Cancelled when instance.PaidAt is null => "Given up before it was paid.",
        InstanceState.Cancelled => "Cancelled and refunded.",
        InstanceState.Deleting => "Removing your computer and its data.",
        InstanceState.Deleted => "Deleted.",
        _ => throw new ArgumentOutOfRangeException(nameof(instance)),
    };

    public static string Next(Instance instance) => (instance.IsOwnServer ? OwnServerWords.Next(instance) : null) ?? instance.State switch
    {
        InstanceState.Draft => "Pay to begin.",
        InstanceState.Running => "Nothing to do: it is watched and started again by itself if it goes down.",
        InstanceState.Stopped => "Start it when you need it.",
        InstanceState.Failed when instance.ReadyAt is null =>
            $"Retry, or cancel and get your money back. Without a choice we cancel and refund at {Clock(instance.DueAt)}.",
        InstanceState.Failed => $"Retry now, or leave it: we try again at {Clock(instance.DueAt)}.",
        InstanceState.Cancelled when instance.PaidAt is null => "Nothing was charged. You can set up a new computer at any time.",
        InstanceState.Cancelled => "Your payment is on its way back to you. You can set up a new computer at any time.",
        InstanceState.Deleted => "You can set up a new computer at any time.",
        InstanceState.Resizing when instance.Step == Step.CopyFiles => "Go on working, and close this page if you like. If it is not through within a day, you keep the computer you have.",
        _ when instance.ErrorMessage is not null => $"We try again at {Clock(instance.DueAt)}; nothing for you to do.",
        _ when instance.WaitingFor is not null => $"We look again by ourselves, at {Clock(instance.StepDeadline)} at the latest we say what to do.",
        _ => "This goes on by itself. You may close this page and come back.",
    };

    private static string Clock(DateTimeOffset? at) => at is { } moment
        ? moment.UtcDateTime.ToString("HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)
        : "once";
}
