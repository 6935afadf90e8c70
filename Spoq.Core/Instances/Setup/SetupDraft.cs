using Spoq.Core.Billing;

namespace Spoq.Core.Instances.Setup;

/// <summary>One person's way through the wizard: every answer so far and the step they are at. One open per account.</summary>
public sealed class SetupDraft(Guid id, Guid accountId, DateTimeOffset createdAt)
{
    public Guid Id { get; private set; } = id;

    public Guid AccountId { get; private set; } = accountId;

    public SetupStep Step { get; private set; } = SetupStep.Address;

    public string? Address { get; private set; }

    public Guid? ProfileId { get; private set; }

    public string? Username { get; private set; }

    public bool HasDevice { get; private set; }

    public bool DeviceSkipped { get; private set; }

    public string? Plan { get; private set; }

    public BillingInterval? Interval { get; private set; }

    public string? Region { get; private set; }

    /// <summary>Made once, when checkout begins; its row is what is paid for.</summary>
    public Guid? InstanceId { get; private set; }

    /// <summary>The page of ours that waits for the plan to be bought, such as a program's request to be let in.</summary>
    public string? Next { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    /// <summary>Set when the wizard is left for good; the next visit starts a new draft.</summary>
    public DateTimeOffset? ClosedAt { get; private set; }

    public uint Version { get; private set; }

    /// <summary>After payment the story is the engine's: nothing here can be changed.</summary>
    public bool IsPaid => Step >= SetupStep.Progress;

    /// <summary>The last step whose answers before it are all there.</summary>
    public SetupStep Furthest => this switch
    {
        { IsPaid: true } => Step,
        { Address: null } => SetupStep.Address,
        { ProfileId: null } => SetupStep.Profile,
        { HasDevice: false, DeviceSkipped: false } => SetupStep.Device,
        { Plan: null } => SetupStep.Plan,
        _ => SetupStep.Pay,
    };

    public bool CanGoTo(SetupStep step) => IsPaid ? step == Step : step <= Furthest;

    public Refusal? GoTo(SetupStep step)
    {
        if (!CanGoTo(step))
        {
            return IsPaid ? SetupRefusals.AlreadyPaid : SetupRefusals.StepNotOpen;
        }

        Step = step;
        return null;
    }

    public Refusal? Back() => GoTo(Step == SetupStep.Address ? SetupStep.Address : Step - 1);

    public Refusal? SetAddress(string address) => Answer(SetupStep.Address, () => Address = address);

    public Refusal? SetProfile(Guid profileId, string username) => Answer(SetupStep.Profile, () =>
    {
        ProfileId = profileId;
        Username = username;
    });

    /// <summary>Leaves the device step, with a device or on purpose without.</summary>
    public Refusal? SetDevice(bool hasDevice) => Answer(SetupStep.Device, () =>
    {
        HasDevice = hasDevice;
        DeviceSkipped = !hasDevice;
    });

    public Refusal? SetPlan(string plan, BillingInterval interval, string region) => Answer(SetupStep.Plan, () =>
    {
        Plan = plan;
        Interval = interval;
        Region = region;
    });

    public void Attach(Guid instanceId) => InstanceId ??= instanceId;

    /// <summary>The hold ran out and the name went to somebody else: another must be chosen, all else is kept.</summary>
    public void LoseAddress()
    {
        if (!IsPaid)
        {
            Address = null;
            Step = SetupStep.Address;
        }
    }

    /// <summary>Payment and readiness are read off the instance, never off the browser.</summary>
    public void Follow(InstanceState? state) => Step = state switch
    {
        null or InstanceState.Draft => Step < Furthest ? Step : IsPaid ? SetupStep.Pay : Furthest,
        InstanceState.Provisioning or InstanceState.Failed or InstanceState.Cancelling or InstanceState.Cancelled
            or InstanceState.Deleting or InstanceState.Deleted => SetupStep.Progress,
        _ => SetupStep.Ready,
    };

    public void HeadFor(string? next) => Next = next;

    public void Close(DateTimeOffset now) => ClosedAt ??= now;

    private Refusal? Answer(SetupStep step, Action write)
    {
        if (GoTo(step) is { } refusal)
        {
            return refusal;
        }

        write();
        Step = step + 1;
        return null;
    }
}
