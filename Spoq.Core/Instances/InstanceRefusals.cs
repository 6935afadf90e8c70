namespace Spoq.Core.Instances;

/// <summary>Every "no" an instance can answer.</summary>
public static class InstanceRefusals
{
    public static readonly Refusal NotFound = new("instance_not_found", "There is no such computer. Open the dashboard to see yours.", RefusalKind.NotFound);

    public static readonly Refusal NotPaid = new("not_paid", "This computer has not been paid for yet. Finish the setup first.", RefusalKind.Conflict);

    public static readonly Refusal AlreadyBegun = new("already_begun", "This computer is already being set up. Watch its progress on the setup page.", RefusalKind.Conflict);

    public static readonly Refusal NotRunning = new("not_running", "This computer is not running. Start it first.", RefusalKind.Conflict);

    public static readonly Refusal Paused = new(
        "subscription_paused", "This computer is paused because its subscription ended; its data is kept. Press Resume on the Billing page and it starts.", RefusalKind.Conflict);

    public static readonly Refusal NotStopped = new("not_stopped", "This computer is not stopped, so there is nothing to start.", RefusalKind.Conflict);

    public static readonly Refusal Busy = new("busy", "This computer is busy with something else. Wait until that is done and try again.", RefusalKind.Conflict);

    public static readonly Refusal NothingToRetry = new("nothing_to_retry", "Nothing has failed, so there is nothing to retry. Reload to see what is going on.", RefusalKind.Conflict);

    public static readonly Refusal NotReady = new("not_ready", "This computer is not up yet. Watch its status and try again when it runs.", RefusalKind.Conflict);

    public static readonly Refusal NotAllowed = new("role_too_low", "You may look at this computer, but not do that. Ask its owner for the role operator.", RefusalKind.Forbidden);

    public static readonly Refusal OwnerOnly = new("owner_only", "Only the owner of this computer may do that.", RefusalKind.Forbidden);

    public static readonly Refusal ResizeUnavailable = new(
        "resize_unavailable", "The provider this computer runs at cannot change the size of a computer that exists. Nothing was changed and nothing was charged; your computer goes on as it is.", RefusalKind.Unavailable);

    public static readonly Refusal SameSize = new("same_size", "This computer has that size already. Choose another one.", RefusalKind.Invalid, "plan");

    public static readonly Refusal OtherKind = new("other_kind", "That is no size of the plan you have. GET the resize address, or open Change size, to see those that are.", RefusalKind.Invalid, "plan");

    public static readonly Refusal CannotShrink = new("cannot_shrink", "At this provider a disk can grow and never shrink, so only larger sizes can be had.", RefusalKind.Conflict, "plan");

    public static readonly Refusal DiskUnknown = new("disk_unknown", "We do not know at the moment how full its disk is. Start the computer and try again in a minute.", RefusalKind.Conflict);

    public static readonly Refusal SizeSoldOut = new("size_sold_out", "This size is sold out where your computer runs. Nothing was changed; try again later or choose another one.", RefusalKind.Conflict, "plan");

    public static readonly Refusal WasReady = new("was_ready", "This computer has already been delivered. Cancel the subscription instead; Billing shows what happens when.", RefusalKind.Conflict);

    public static readonly Refusal Gone = new("gone", "This computer is gone or on its way out. Set up a new one to start again.", RefusalKind.Conflict);

    public static Refusal DiskTooFull(long usedBytes, int diskGb) => new(
        "disk_too_full",
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Your data takes {usedBytes / 1e9:0.#} GB, and the smaller disk has {diskGb} GB, of which a tenth must stay free. Delete or move what you no longer need, and try again."),
        RefusalKind.Conflict,
        "plan");
}
