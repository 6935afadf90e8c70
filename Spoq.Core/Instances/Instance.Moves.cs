using Spoq.Core.Instances.Moving;

namespace Spoq.Core.Instances;

// A size that its provider cannot give the server it has: another server takes its place, and the files go along.
public sealed partial class Instance
{
    /// <summary>What the server it has is found by at its provider: the instance's id, or that of the move that brought it.</summary>
    public Guid ServerMark { get; private set; }

    /// <summary>The move in hand; null: it has one server.</summary>
    public Guid? MoveId { get; private set; }

    /// <summary>People may work on it: it runs, or it is copied while it runs.</summary>
    public bool IsOpen => State == InstanceState.Running
        || (State == InstanceState.Resizing && Road == Provisioning.Road.Move
            && Step is Provisioning.Step.CreateServer or Provisioning.Step.AwaitServer or Provisioning.Step.InstallConductor or Provisioning.Step.CopyFiles);

    /// <summary>The old server stays in use; what is ordered from here on is the new one.</summary>
    /// <param name="plan">Key of the plan that has the size; whether it may be had was asked before.</param>
    /// <param name="move">Takes the old server into its keeping.</param>
    /// <param name="now">The time it is.</param>
    public Refusal? RequestMove(string plan, ServerMove move, DateTimeOffset now)
    {
        switch (State)
        {
            case InstanceState.Stopped:
                return InstanceRefusals.NotRunning;
            case InstanceState.Failed or InstanceState.Provisioning:
                return InstanceRefusals.NotReady;
            case not InstanceState.Running:
                return NotNow();
        }

        // A server that has not reported yet still needs what its making needed.
        if (ServerReference is null || SealedHostKey is null || ProvisioningTokenHash is not null)
        {
            return InstanceRefusals.NotReady;
        }

        move.Park(ServerMark, ServerReference, InstanceTokenHash, ConductorVersion);
        MoveId = ServerMark = move.Id;
        ServerReference = null;
        InstanceTokenHash = null;
        PhonedHomeAt = null;
        Enter(InstanceState.Resizing, Provisioning.Road.Move, now);
        NextPlan = plan;
        return null;
    }

    /// <summary>The old server is the instance's again. Safe to repeat.</summary>
    public void TakeBack(ServerMove move, DateTimeOffset now)
    {
        if (move.TakenBackAt is not null)
        {
            return;
        }

        var (mark, reference) = (ServerMark, ServerReference);
        (ServerMark, ServerReference, InstanceTokenHash, ConductorVersion) = (move.OtherMark, move.OtherReference, move.OtherTokenHash, move.OtherVersion ?? ConductorVersion);
        ProvisioningTokenHash = null;
        move.TakeBack(mark, reference, now);
    }

    /// <summary>What the new server says of the copy: shown while that is waited for, and a turn of it wakes the worker.</summary>
    public void HearOfMove(ServerMove move, DateTimeOffset now)
    {
        if (State != InstanceState.Resizing || Step is not (Provisioning.Step.CopyFiles or Provisioning.Step.FinishCopy))
        {
            return;
        }

        if (move.Progress is not null)
        {
            WaitingFor = move.Progress;
        }
        else
        {
            DueAt = now;
        }
    }
}
