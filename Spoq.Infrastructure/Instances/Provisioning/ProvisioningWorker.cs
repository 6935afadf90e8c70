using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Resizing;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>
/// Moves every instance towards what is wanted of it: one step a visit, its outcome and its event in one transaction,
/// guarded by the lease token. Nothing lives in memory: another node goes on where this one died.
/// </summary>
internal sealed class ProvisioningWorker(
    DueWorkerServices services, IDbContextFactory<SpoqDbContext> contexts, IEnumerable<IProvisioningStep> steps, InstanceObserver observer, AccountPost post, PlanCatalogue plans)
    : DueWorker(services, InstanceNews.Table)
{
    /// <summary>A step that takes longer hangs; the lease is kept alive meanwhile.</summary>
    private static readonly TimeSpan s_visitLimit = TimeSpan.FromSeconds(25);

    /// <summary>Somebody waits and watches: a killed node's work goes on after seconds. Heartbeats keep longer visits alive.</summary>
    protected override TimeSpan Lease => TimeSpan.FromSeconds(10);

    private readonly Dictionary<Step, IProvisioningStep> _steps = steps.ToDictionary(step => step.Step);
    private readonly ILogger _log = services.Logger;

    protected override async Task WorkAsync(Claim claim, CancellationToken cancellationToken)
    {
        if (await ReadAsync(claim, cancellationToken) is not { } seen)
        {
            return;
        }

        Action<SpoqDbContext, Instance, DateTimeOffset> settle;
        if (seen.State == InstanceState.Failed)
        {
            settle = TimeIsUp;
        }
        else if (seen.Road is null)
        {
            settle = await LookAsync(seen, cancellationToken);
        }
        else
        {
            var outcome = await AttemptAsync(seen, cancellationToken);
            settle = (db, instance, now) => Move(db, instance, outcome, now);
        }

        await SettleAsync(claim, seen, settle);
    }

    private async Task<Instance?> ReadAsync(Claim claim, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Instances.AsNoTracking().SingleOrDefaultAsync(row => row.Id == claim.Id && row.LeaseToken == claim.LeaseToken, cancellationToken);
    }

    private async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_visitLimit);
        try
        {
            return await _steps[instance.Step!.Value].AttemptAsync(instance, limit.Token);
        }
        catch (ProviderException no)
        {
            return no switch
            {
                { WaitFor: { } wait } => new StepOutcome.NotYet(wait, no.Message),
                { IsFinal: true } => new StepOutcome.FailedForGood(no.Code, no.Message),
                _ => new StepOutcome.Failed(no.Code, no.Message),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new StepOutcome.Failed("no_answer", "There was no answer in time.");
        }
        catch (Exception bug) when (!cancellationToken.IsCancellationRequested)
        {
            _log.LogError(bug, "Step {Step} of instance {InstanceId} broke", instance.Step, instance.Id);
            return new StepOutcome.Failed("internal_error", "Something went wrong on our side.");
        }
    }

    private async Task<Action<SpoqDbContext, Instance, DateTimeOffset>> LookAsync(Instance instance, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_visitLimit);
        return await observer.LookAsync(instance, limit.Token);
    }

    /// <summary>What was done is written down even while this node is shutting down; a lost lease writes nothing.</summary>
    private async Task SettleAsync(Claim claim, Instance seen, Action<SpoqDbContext, Instance, DateTimeOffset> settle)
    {
        await using var db = await contexts.CreateDbContextAsync(CancellationToken.None);
        await using var transaction = await db.Database.BeginTransactionAsync(CancellationToken.None);
        var instance = await db.LockInstanceAsync(claim.Id, CancellationToken.None);
        if (instance is null || instance.LeaseToken != claim.LeaseToken)
        {
            _log.LogInformation("The lease of instance {InstanceId} ran out; its next holder decides", claim.Id);
            return;
        }

        // Its owner may have asked for something else meanwhile: then that is what is done next.
        if (instance.IsStillAt(seen))
        {
            settle(db, instance, Clock.GetUtcNow());
            await PayForSizeAsync(db, seen, instance);
            await WriteAsync(db, seen, instance);
        }

        instance.EndLease();
        if (instance.HasNews(seen) || db.ChangeTracker.Entries<InstanceEvent>().Any())
        {
            await db.AnnounceAsync(instance.Id, CancellationToken.None);
        }

        await db.SaveChangesAsync(CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>The size that was seen running is what is paid from now on.</summary>
    private async Task PayForSizeAsync(SpoqDbContext db, Instance before, Instance after)
    {
        if (before.Plan != after.Plan)
        {
            var now = Clock.GetUtcNow();
            await db.ChangePlanAsync(after.Id, after.Plan, now, CancellationToken.None);
            db.Tell(after, now, "resized", $"It has the size of {NameOf(after.Plan)} now.");
        }
    }

    private string NameOf(string plan) => plans.Find(plan)?.Name ?? plan;

    /// <summary>The ends of a purchase, and of a change of size, that its owner hears of wherever they are. Only the visit that brings one about writes.</summary>
    private async Task WriteAsync(SpoqDbContext db, Instance before, Instance after)
    {
        if (before.ReadyAt is null && after.ReadyAt is not null)
        {
            await post.AddAsync(db, after.AccountId, (to, links) => ProvisioningMails.Ready(to, after, links.Dashboard), CancellationToken.None);
        }
        else if (before is { State: InstanceState.Provisioning, ReadyAt: null } && after.State == InstanceState.Failed)
        {
            await post.AddAsync(db, after.AccountId, (to, links) => ProvisioningMails.Failed(to, after, links.Setup), CancellationToken.None);
        }
        else if (before.State == InstanceState.Deleting && after is { State: InstanceState.Deleted, IsOwnServer: true })
        {
            await post.AddAsync(db, after.AccountId, (to, links) => ProvisioningMails.Detached(to, after, links.Dashboard), CancellationToken.None);
        }
        else if (before.Plan != after.Plan)
        {
            await post.AddAsync(db, after.AccountId, (to, links) => before.Road == Road.Move ? ResizeMails.Moved(to, after, NameOf(after.Plan), links.Billing) : ResizeMails.Done(to, after, NameOf(after.Plan), links.Billing), CancellationToken.None);
        }
        else if (before.Road is Road.Resize or Road.Move && after.Road is Road.ResizeBack or Road.MoveBack)
        {
            await post.AddAsync(db, after.AccountId, (to, links) => ResizeMails.Undone(to, after, NameOf(before.NextPlan!), NameOf(after.Plan), links.Dashboard), CancellationToken.None);
        }
    }

    private static void Move(SpoqDbContext db, Instance instance, StepOutcome outcome, DateTimeOffset now)
    {
        if (outcome.Server is { } server)
        {
            instance.Learn(server);
        }

        var visit = new Visit(instance.Road!.Value, instance.Step!.Value, instance.StepDeadline!.Value, instance.Attempts, instance.DueAt ?? now);
        var jitter = Random.Shared.NextDouble();
        var move = ProvisioningPlan.After(visit, outcome, now, jitter);
        var lines = Happening.Of(instance, move);
        instance.Take(move, now, jitter);
        foreach (var line in lines)
        {
            db.Tell(instance, now, line);
        }
    }

    /// <summary>The automatic way out of a failure: an undelivered purchase is refunded, a delivered computer tried again.</summary>
    private static void TimeIsUp(SpoqDbContext db, Instance instance, DateTimeOffset now)
    {
        if (instance.ReadyAt is null)
        {
            instance.RequestCancel(now);
            db.Tell(instance, now, "cancelled_by_itself", "Nobody chose in 30 minutes, so we cancel: everything made so far is removed and the payment goes back.");
            return;
        }

        instance.Retry(now);
        db.Tell(instance, now, "retried_by_itself", "We try again by ourselves.");
    }
}
