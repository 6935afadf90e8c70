using System.Text.Json;

namespace Spoq.Core.Instances.Provisioning;

/// <summary>How steps are called where people read them.</summary>
public static class StepWords
{
    /// <summary>Stable, <c>snake_case</c>: as events and the API name it.</summary>
    public static string Key(this Step step) => JsonNamingPolicy.SnakeCaseLower.ConvertName(step.ToString());

    public static string Title(this Step step, Instance instance) => (instance.IsOwnServer ? OwnServerWords.Title(step) : null) ?? step.Title();

    public static string Doing(this Step step, Instance instance) => (instance.IsOwnServer ? OwnServerWords.Doing(step) : null) ?? step.Doing();

    public static string Finished(this Step step, Instance instance) => (instance.IsOwnServer ? OwnServerWords.Finished(step) : null) ?? step.Finished();

    /// <summary>As a line of a list.</summary>
    public static string Title(this Step step) => step switch
    {
        Step.Reserve => "Reserve your address",
        Step.CreateServer => "Create the computer",
        Step.AwaitServer => "Switch it on",
        Step.ConfigureDns => "Point your address at it",
        Step.InstallConductor => "Install the Conductor",
        Step.Verify => "Check that it answers",
        Step.Ready => "Ready",
        Step.StopServer => "Stop the computer",
        Step.StartServer => "Start the computer",
        Step.ResizeServer => "Change the size",
        Step.CopyFiles => "Copy your files",
        Step.FinishCopy => "Copy what changed",
        Step.EndOther => "Remove the other computer",
        Step.TakeBackServer => "Keep the computer you have",
        Step.RevokeAccess => "Revoke every key",
        Step.RemoveDns => "Remove the address record",
        Step.DeleteServer => "Remove the computer and its data",
        Step.Refund => "Refund your payment",
        Step.Close => "Close the file",
        _ => throw new ArgumentOutOfRangeException(nameof(step)),
    };

    /// <summary>What is going on while the step is worked on.</summary>
    public static string Doing(this Step step) => step switch
    {
        Step.Reserve => "Checking your payment and locking in your address.",
        Step.CreateServer => "Ordering your computer at the provider.",
        Step.AwaitServer => "Waiting until the computer is switched on.",
        Step.ConfigureDns => "Pointing your address at the computer.",
        Step.InstallConductor => "The Conductor installs itself and calls home.",
        Step.Verify => "Checking from outside that your computer answers under its address.",
        Step.Ready => "Everything answers. Handing over.",
        Step.StopServer => "Shutting the computer down.",
        Step.StartServer => "Switching the computer on.",
        Step.ResizeServer => "Giving the computer its size.",
        Step.CopyFiles => "The new computer copies your files. You can go on working meanwhile.",
        Step.FinishCopy => "Your computer is closed for a moment while what has changed is copied.",
        Step.EndOther => "Removing the computer that is not needed any more.",
        Step.TakeBackServer => "Going back to the computer you have.",
        Step.RevokeAccess => "Revoking every token and key.",
        Step.RemoveDns => "Removing the address record.",
        Step.DeleteServer => "Removing the computer and its data.",
        Step.Refund => "Sending your payment back.",
        Step.Close => "Putting the last things away.",
        _ => throw new ArgumentOutOfRangeException(nameof(step)),
    };

    /// <summary>What to say when it has been done.</summary>
    public static string Finished(this Step step) => step switch
    {
        Step.Reserve => "Your address is locked in.",
        Step.CreateServer => "The computer exists.",
        Step.AwaitServer => "The computer is switched on.",
        Step.ConfigureDns => "Your address points at it.",
        Step.InstallConductor => "The Conductor has called home.",
        Step.Verify => "It answers under its address.",
        Step.Ready => "Your computer is ready.",
        Step.StopServer => "The computer is off.",
        Step.StartServer => "The computer is starting.",
        Step.ResizeServer => "The size is set.",
        Step.CopyFiles => "Your files are copied.",
        Step.FinishCopy => "Everything of yours is on the new computer.",
        Step.EndOther => "It is gone, with all that was on it.",
        Step.TakeBackServer => "You keep the computer you have.",
        Step.RevokeAccess => "No token or key counts any more.",
        Step.RemoveDns => "The address record is gone.",
        Step.DeleteServer => "The computer and its data are gone.",
        Step.Refund => "Your payment is on its way back to you.",
        Step.Close => "Done. Nothing is left behind.",
        _ => throw new ArgumentOutOfRangeException(nameof(step)),
    };
}
