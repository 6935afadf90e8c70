using Microsoft.EntityFrameworkCore;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Dns;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Providers;
using Spoq.Infrastructure.Instances.Provisioning;

namespace Spoq.Infrastructure.Instances.Moving;

/// <summary>Done when the new server has copied everything once. Its report wakes the worker, so looking is only the safety net.</summary>
internal sealed class CopyFilesStep(ServerProviders providers, ServerMoves moves) : IProvisioningStep
{
    private static readonly TimeSpan s_look = TimeSpan.FromMinutes(5);

    public Step Step => Step.CopyFiles;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        switch (await moves.OfAsync(instance, cancellationToken))
        {
            case null:
                return new StepOutcome.FailedForGood("move_missing", "Nothing is known of this move.");
            case { CopiedAt: not null }:
                return Outcomes.Done;
            case var move:
                // Nobody watches the old one while there are two.
                var provider = providers.Named(instance.Provider);
                if (move.OtherReference is { } old && await provider.GetAsync(old, cancellationToken) is { Power: ServerPower.Stopped })
                {
                    await provider.StartAsync(old, cancellationToken);
                }

                return new StepOutcome.NotYet(s_look, move.Progress ?? "The new computer copies your files. You can go on working meanwhile.");
        }
    }
}

/// <summary>Done when the new server has closed the old one and copied what had changed.</summary>
internal sealed class FinishCopyStep(IDbContextFactory<SpoqDbContext> contexts, TimeProvider clock) : IProvisioningStep
{
    private static readonly TimeSpan s_look = TimeSpan.FromMinutes(1);

    public Step Step => Step.FinishCopy;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.LockInstanceAsync(instance.Id, cancellationToken) is not { Road: Road.Move } row || await ServerMoves.OpenAsync(db, row, cancellationToken) is not { } move)
        {
            return new StepOutcome.FailedForGood("move_missing", "Nothing is known of this move.");
        }

        if (move.MovedAt is not null)
        {
            return Outcomes.Done;
        }

        move.AskToFinish(clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new StepOutcome.NotYet(s_look, move.Progress ?? "Your computer is closed for a moment while what has changed is copied.");
    }
}

internal sealed class TakeBackServerStep(IDbContextFactory<SpoqDbContext> contexts, TimeProvider clock) : IProvisioningStep
{
    public Step Step => Step.TakeBackServer;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.LockInstanceAsync(instance.Id, cancellationToken) is { Road: Road.MoveBack } row && row.LeaseToken == instance.LeaseToken
            && await ServerMoves.OpenAsync(db, row, cancellationToken) is { } move)
        {
            row.TakeBack(move, clock.GetUtcNow());
            await DesiredStates.AnnounceAsync(db, row.Id, cancellationToken);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return Outcomes.Done;
    }
}

/// <summary>Of two servers one is left. An old one ends only when no resolver can lead to it any more.</summary>
internal sealed class EndOtherStep(IDbContextFactory<SpoqDbContext> contexts, ServerMoves moves, ServerEnds ends, IDnsZone zone, TimeProvider clock) : IProvisioningStep
{
    /// <summary>Also the mark that an earlier visit began to wait: it is committed with the visit.</summary>
    private const string Waiting = "Waiting until no resolver remembers the old computer's address.";

    public Step Step => Step.EndOther;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        if (await moves.OfAsync(instance, cancellationToken) is not { } move)
        {
            return Outcomes.Done;
        }

        if (instance is { Road: Road.Move, WaitingFor: null, ErrorMessage: null } && zone.Memory > TimeSpan.Zero)
        {
            return new StepOutcome.NotYet(zone.Memory, Waiting);
        }

        if (await ends.EndAsync(instance, move.OtherMark, cancellationToken) is { } notYet)
        {
            return notYet;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.LockInstanceAsync(instance.Id, cancellationToken) is { } row)
        {
            await ServerMoves.EndAsync(db, row, clock.GetUtcNow(), cancellationToken);
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Outcomes.Done;
    }
}
