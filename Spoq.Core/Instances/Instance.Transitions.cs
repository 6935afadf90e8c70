using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;

namespace Spoq.Core.Instances;

// What may happen to an instance and when. A request at the wrong moment is refused, never ignored.
public sealed partial class Instance
{
    /// <summary>A state that nothing leaves.</summary>
    public bool IsFinal => State is InstanceState.Cancelled or InstanceState.Deleted;

    /// <summary>Paid: from here on it becomes ready, is refunded, or is in a person's hands.</summary>
    public Refusal? Begin(DateTimeOffset now)
    {
        if (State != InstanceState.Draft)
        {
            return InstanceRefusals.AlreadyBegun;
        }

        PaidAt = now;
        Enter(InstanceState.Provisioning, Provisioning.Road.Create, now);
        return null;
    }

    public Refusal? RequestStart(DateTimeOffset now) => State switch
    {
        InstanceState.Stopped when ServerPlan is not null => Go(InstanceState.Resizing, Provisioning.Road.ResizeBack, now),
        InstanceState.Stopped => Go(InstanceState.Starting, Provisioning.Road.Start, now),
        InstanceState.Running => InstanceRefusals.NotStopped,
        _ => NotNow(),
    };

    public Refusal? RequestStop(DateTimeOffset now) => State switch
    {
        InstanceState.Running => Go(InstanceState.Stopping, Provisioning.Road.Stop, now),
        InstanceState.Failed when ReadyAt is not null && MoveId is null => Go(InstanceState.Stopping, Provisioning.Road.Stop, now),
        InstanceState.Stopped => InstanceRefusals.NotRunning,
        _ => NotNow(),
    };

    /// <summary>Also in the middle of a start: for an administrator who must have it off. Two servers at once are not: a move ends first, or both with the instance.</summary>
    public Refusal? ForceStop(DateTimeOffset now) => State switch
    {
        InstanceState.Resizing when MoveId is not null => InstanceRefusals.Busy,
        InstanceState.Starting or InstanceState.Restarting or InstanceState.Resizing => Go(InstanceState.Stopping, Provisioning.Road.Stop, now),
        _ => RequestStop(now),
    };

    public Refusal? RequestRestart(DateTimeOffset now) => State switch
    {
        InstanceState.Running => Go(InstanceState.Restarting, Provisioning.Road.Restart, now),
        InstanceState.Failed when MoveId is not null => Retry(now),
        InstanceState.Failed when ServerPlan is not null => Go(InstanceState.Resizing, Provisioning.Road.ResizeBack, now),
        InstanceState.Failed when ReadyAt is not null => Go(InstanceState.Restarting, Provisioning.Road.Restart, now),
        InstanceState.Stopped => InstanceRefusals.NotRunning,
        _ => NotNow(),
    };

    /// <summary>Another size. One that is off is started by it: a size is paid for when it has been seen running.</summary>
    /// <param name="plan">Key of the plan that has it; whether it may be had was asked before.</param>
    /// <param name="now">The time it is.</param>
    public Refusal? RequestResize(string plan, DateTimeOffset now)
    {
        if (State is not (InstanceState.Running or InstanceState.Stopped))
        {
            return State is InstanceState.Failed or InstanceState.Provisioning ? InstanceRefusals.NotReady : NotNow();
        }

        Enter(InstanceState.Resizing, Provisioning.Road.Resize, now);
        NextPlan = plan;
        return null;
    }

    /// <summary>Goes on at the step that failed, with fresh limits.</summary>
    public Refusal? Retry(DateTimeOffset now)
    {
        if (State != InstanceState.Failed || Road is not { } road || Step is not { } step)
        {
            return InstanceRefusals.NothingToRetry;
        }

        SetState(StateOn(road), now);
        SetStep(step, 0, now, ProvisioningPlan.DeadlineOf(step, now), now);
        ClearTrouble();
        return null;
    }

    /// <summary>Given up before it was paid: nothing was made, and a payment that still arrives goes back.</summary>
    public Refusal? Abandon(DateTimeOffset now)
    {
        if (State != InstanceState.Draft)
        {
            return InstanceRefusals.AlreadyBegun;
        }

        SetState(InstanceState.Cancelled, now);
        return null;
    }

    /// <summary>Undoes a purchase that was never delivered; also in the middle of the road to ready.</summary>
    public Refusal? RequestCancel(DateTimeOffset now)
    {
        if (State is InstanceState.Draft)
        {
            return InstanceRefusals.NotPaid;
        }

        if (State is InstanceState.Cancelling or InstanceState.Deleting || IsFinal)
        {
            return InstanceRefusals.Gone;
        }

        return ReadyAt is null ? Go(InstanceState.Cancelling, Provisioning.Road.Cancel, now) : InstanceRefusals.WasReady;
    }

    public Refusal? RequestDelete(DateTimeOffset now) => State switch
    {
        InstanceState.Draft => InstanceRefusals.NotPaid,
        InstanceState.Deleting or InstanceState.Cancelling or InstanceState.Deleted or InstanceState.Cancelled => InstanceRefusals.Gone,
        InstanceState.Provisioning => InstanceRefusals.Busy,
        InstanceState.Failed when ReadyAt is null => RequestCancel(now),
        _ => Go(InstanceState.Deleting, Provisioning.Road.Delete, now),
    };

    /// <summary>Its server was found switched off: it is started again.</summary>
    public Refusal? Recover(DateTimeOffset now) => State == InstanceState.Running
        ? Go(InstanceState.Starting, Provisioning.Road.Start, now)
        : InstanceRefusals.NotRunning;

    /// <summary>Its server does not exist any more: it is made anew, under the same name, from the first step on.</summary>
    public void Rebuild(DateTimeOffset now)
    {
        ServerReference = Endpoint = HostKeyFingerprint = null;
        PhonedHomeAt = LastHeartbeatAt = null;
        ServerPlan = null;
        RevokeTokens();
        Enter(InstanceState.Provisioning, Provisioning.Road.Create, now);
    }

    /// <summary>All is well: when to look again, or never.</summary>
    public void LookAgain(DateTimeOffset? at) => DueAt = at;

    /// <summary>The worker is done with it; another may claim it when it is due.</summary>
    public void EndLease() => LeaseUntil = null;

    /// <summary>True while nothing was decided about it since the other copy of it was read, and the call or report it waits for has not come.</summary>
    public bool IsStillAt(Instance seen) =>
        State == seen.State && Road == seen.Road && Step == seen.Step && StepStartedAt == seen.StepStartedAt
        && (Step != Provisioning.Step.InstallConductor || PhonedHomeAt == seen.PhonedHomeAt)
        && (Step is not (Provisioning.Step.CopyFiles or Provisioning.Step.FinishCopy) || DueAt == seen.DueAt);

    /// <summary>True when a screen that shows the other copy of it is out of date.</summary>
    public bool HasNews(Instance seen) =>
        !IsStillAt(seen) || Attempts != seen.Attempts || WaitingFor != seen.WaitingFor || ErrorMessage != seen.ErrorMessage || Endpoint != seen.Endpoint;

    /// <param name="jitter">0 to 1.</param>
    public void Take(Move move, DateTimeOffset now, double jitter)
    {
        if (move.Kind == MoveKind.Arrive)
        {
            ArriveAtEnd(now, jitter);
            return;
        }

        if (move.Kind == MoveKind.GiveUp && Road!.Value.Return(move.Step) is { } back)
        {
            Enter(InstanceState.Resizing, back, now);
            return;
        }

        var due = move.DueAt;
        if (move.Kind == MoveKind.GiveUp)
        {
            SetState(InstanceState.Failed, now);
            due = now + (ReadyAt is null ? ProvisioningPlan.ChoiceTime : ProvisioningPlan.SelfRepair);
        }

        SetStep(move.Step, move.Attempts, move.Kind == MoveKind.Advance ? now : StepStartedAt ?? now, move.Deadline, due);
        WaitingFor = move.Reason;
        ErrorCode = move.ErrorCode;
        ErrorMessage = move.ErrorMessage;
    }

    /// <summary>Keeps what a visit learned of the server.</summary>
    public void Learn(Server server)
    {
        ServerReference = server.Reference;
        Endpoint = server.Endpoint ?? (server.IsReachedByName ? $"https://{Hostname}" : Endpoint);
        HostKeyFingerprint = server.HostKeyFingerprint ?? HostKeyFingerprint;
    }

    private Refusal NotNow() => State switch
    {
        InstanceState.Draft => InstanceRefusals.NotPaid,
        InstanceState.Deleting or InstanceState.Cancelling or InstanceState.Deleted or InstanceState.Cancelled => InstanceRefusals.Gone,
        _ => InstanceRefusals.Busy,
    };

    private Refusal? Go(InstanceState state, Road road, DateTimeOffset now)
    {
        Enter(state, road, now);
        return null;
    }

    private void Enter(InstanceState state, Road road, DateTimeOffset now)
    {
        var first = road.Steps()[0];
        NextPlan = null;
        SetState(state, now);
        Road = road;
        SetStep(first, 0, now, ProvisioningPlan.DeadlineOf(first, now), now);
        ClearTrouble();
    }

    private void ArriveAtEnd(DateTimeOffset now, double jitter)
    {
        var end = EndOf(Road!.Value);
        SetState(end, now);
        Plan = NextPlan ?? Plan;
        if (StateOn(Road.Value) == InstanceState.Resizing)
        {
            NextPlan = ServerPlan = null;
            MoveId = null;
        }

        Road = null;
        Step = null;
        StepStartedAt = null;
        StepDeadline = null;
        Attempts = 0;
        ClearTrouble();
        DueAt = end switch
        {
            InstanceState.Running => now + ProvisioningPlan.LookAgain(jitter),
            InstanceState.Stopped => null,
            _ => now + ProvisioningPlan.LastLook,
        };
        if (end == InstanceState.Running)
        {
            ReadyAt ??= now;
        }
    }

    private void SetState(InstanceState state, DateTimeOffset now)
    {
        State = state;
        StateSince = now;
    }

    private void SetStep(Step step, int attempts, DateTimeOffset startedAt, DateTimeOffset deadline, DateTimeOffset due)
    {
        Step = step;
        ServerPlan = step == Provisioning.Step.ResizeServer ? NextPlan ?? ServerPlan : ServerPlan;
        Attempts = attempts;
        StepStartedAt = startedAt;
        StepDeadline = deadline;
        DueAt = due;
    }

    private void ClearTrouble()
    {
        WaitingFor = null;
        ErrorCode = null;
        ErrorMessage = null;
    }

    private static InstanceState StateOn(Road road) => road switch
    {
        Provisioning.Road.Create => InstanceState.Provisioning,
        Provisioning.Road.Start => InstanceState.Starting,
        Provisioning.Road.Stop => InstanceState.Stopping,
        Provisioning.Road.Restart => InstanceState.Restarting,
        Provisioning.Road.Resize or Provisioning.Road.ResizeBack or Provisioning.Road.Move or Provisioning.Road.MoveBack => InstanceState.Resizing,
        Provisioning.Road.Delete => InstanceState.Deleting,
        _ => InstanceState.Cancelling,
    };

    private static InstanceState EndOf(Road road) => road switch
    {
        Provisioning.Road.Stop => InstanceState.Stopped,
        Provisioning.Road.Delete => InstanceState.Deleted,
        Provisioning.Road.Cancel => InstanceState.Cancelled,
        _ => InstanceState.Running,
    };
}
