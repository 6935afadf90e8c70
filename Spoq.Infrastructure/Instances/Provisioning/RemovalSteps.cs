using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Moving;
using Spoq.Infrastructure.Instances.Setup;

namespace Spoq.Infrastructure.Instances.Provisioning;

internal sealed class RevokeAccessStep(IDbContextFactory<SpoqDbContext> contexts, TimeProvider clock) : IProvisioningStep
{
    public Step Step => Step.RevokeAccess;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var row = await db.LockInstanceAsync(instance.Id, cancellationToken);
        if (row!.IsOwnServer)
        {
            // Its Conductor runs on and would go by what it knows: it is told to let nobody in, and then its token goes too.
            row.RevokeSetup();
            await DesiredStates.AnnounceAsync(db, instance.Id, cancellationToken);
        }
        else
        {
            row.RevokeTokens();
        }

        await ServerMoves.EndAsync(db, row, clock.GetUtcNow(), cancellationToken);
        await InstanceKeys.RevokeAsync(db, instance.Id, clock.GetUtcNow(), cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Outcomes.Done;
    }
}

/// <summary>Done when the provider knows no server that carries a mark of the instance's, whether or not an answer of its ever reached us.</summary>
internal sealed class DeleteServerStep(ServerEnds ends, ServerLedger ledger) : IProvisioningStep
{
    public Step Step => Step.DeleteServer;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        foreach (var mark in await ledger.MarksAsync(instance, cancellationToken))
        {
            if (await ends.EndAsync(instance, mark, cancellationToken) is { } notYet)
            {
                return notYet;
            }
        }

        return Outcomes.Done;
    }
}

internal sealed class RefundStep(CheckoutService checkouts) : IProvisioningStep
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(5);

    public Step Step => Step.Refund;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken) =>
        await checkouts.RefundAsync(instance.Id, cancellationToken) switch
        {
            null => Outcomes.Done,
            { Kind: RefusalKind.Unavailable } away => new StepOutcome.NotYet(away.RetryAfter ?? s_look, away.Message),
            var no => new StepOutcome.Failed(no.Code, no.Message),
        };
}

/// <summary>Lets the address go: at once when it was never in use, else only when nobody remembers it.</summary>
internal sealed class CloseStep(IDbContextFactory<SpoqDbContext> contexts, TimeProvider clock) : IProvisioningStep
{
    public Step Step => Step.Close;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var now = clock.GetUtcNow();
        await AddressClaims.ReleaseAsync(db, instance, instance.ReadyAt is null ? now : now + AddressClaim.RestTime, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Outcomes.Done;
    }
}
