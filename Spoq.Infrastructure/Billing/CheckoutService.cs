using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing;

public sealed record CheckoutRequest(Guid InstanceId, string Plan, BillingInterval Interval);

public sealed record CheckoutStarted(Guid IntentId, string Url);

/// <summary>Opens checkouts and gives money back. Any number of clicks, tabs and nodes end at one open checkout an instance.</summary>
public sealed class CheckoutService(
    IDbContextFactory<SpoqDbContext> contexts, IPayments payments, CheckoutSettlement settlement, PlanCatalogue catalogue, IOptions<SpoqOptions> options, TimeProvider clock)
{
    /// <summary>Each round settles one thing that stood in the way; past this many, another tab keeps wanting something else.</summary>
    private const int MostRounds = 8;

    /// <summary>Where the browser goes to pay. The same wish gets the same open checkout; another wish replaces it.</summary>
    public async Task<Result<CheckoutStarted>> BeginAsync(Guid accountId, CheckoutRequest request, CancellationToken cancellationToken)
    {
        if (catalogue.Find(request.Plan) is not { } plan)
        {
            return BillingRefusals.UnknownPlan;
        }

        if (plan.Price(request.Interval) is not { } price)
        {
            return BillingRefusals.NotSoldBy(plan, request.Interval);
        }

        try
        {
            for (var round = 0; round < MostRounds; round++)
            {
                var (intent, refusal) = await FindOrAddAsync(accountId, request, price, cancellationToken);
                if (refusal is not null)
                {
                    return refusal;
                }

                if (Fits(intent!, request, price) && await OpenAsync(intent!, cancellationToken) is var open && Fits(open, request, price))
                {
                    return new CheckoutStarted(open.Id, open.Url!);
                }

                if (await ReplaceAsync(intent!.Id, cancellationToken) is { } underWay)
                {
                    return underWay;
                }
            }
        }
        catch (PaymentsException)
        {
            return BillingRefusals.PaymentsAway;
        }

        return BillingRefusals.PlanChanged;
    }

    /// <summary>The checkout that tells most about the instance: the kept payment, else the open one, else one that goes or went back, else the newest.</summary>
    public async Task<CheckoutIntent?> FindForInstanceAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<CheckoutIntent>().AsNoTracking()
            .Where(intent => intent.AccountId == accountId && intent.InstanceId == instanceId)
            .OrderByDescending(intent => intent.State == CheckoutState.Paid)
            .ThenByDescending(intent => intent.State == CheckoutState.Open)
            .ThenByDescending(intent => intent.PaidAt != null)
            .ThenByDescending(intent => intent.Id)
            .FirstOrDefaultAsync(cancellationToken);
    }

    internal static Task<bool> IsPaidAsync(SpoqDbContext db, Guid instanceId, CancellationToken cancellationToken) =>
        db.Set<CheckoutIntent>().AnyAsync(intent => intent.InstanceId == instanceId && intent.State == CheckoutState.Paid, cancellationToken);

    /// <summary>
    /// Everything paid for the instance goes back. Null once it has, or when nothing was paid; while it is under way the
    /// refusal says so, and it is tried on by itself whether or not anybody asks again.
    /// </summary>
    internal async Task<Refusal?> RefundAsync(Guid instanceId, CancellationToken cancellationToken)
    {
        foreach (var owed in await OweRefundsAsync(instanceId, cancellationToken))
        {
            try
            {
                if (!await payments.RefundAsync(owed.Reference!, owed.Id, cancellationToken))
                {
                    return BillingRefusals.RefundUnderWay;
                }
            }
            catch (PaymentsException)
            {
                return BillingRefusals.RefundUnderWay;
            }

            await settlement.TakeAsync(owed.Id, new CheckoutFacts(owed.Reference!, CheckoutStanding.Paid, Refunded: true), cancellationToken);
        }

        return null;
    }

    private async Task<List<CheckoutIntent>> OweRefundsAsync(Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.LockInstanceAsync(instanceId, cancellationToken);
        var intents = await db.LockIntentsAsync(instanceId, cancellationToken);
        var now = clock.GetUtcNow();
        foreach (var intent in intents)
        {
            intent.OweRefund("You cancelled, or we could not build your computer.", now);
            intent.Replace(now);
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return [.. intents.Where(intent => intent.State == CheckoutState.RefundDue)];
    }

    private async Task<(CheckoutIntent? Intent, Refusal? Refusal)> FindOrAddAsync(Guid accountId, CheckoutRequest request, Money price, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var instance = await db.Instances.AsNoTracking().SingleOrDefaultAsync(row => row.Id == request.InstanceId && row.AccountId == accountId, cancellationToken);
        if (instance is null)
        {
            return (null, BillingRefusals.InstanceNotFound);
        }

        if (await IsPaidAsync(db, request.InstanceId, cancellationToken))
        {
            return (null, BillingRefusals.AlreadyPaid);
        }

        if (instance.State != InstanceState.Draft)
        {
            return (null, BillingRefusals.NotForSale);
        }

        if (instance.Plan != request.Plan)
        {
            return (null, BillingRefusals.PlanChanged);
        }

        var open = db.Set<CheckoutIntent>().AsNoTracking().Where(intent => intent.InstanceId == request.InstanceId && intent.State == CheckoutState.Open);
        if (await open.SingleOrDefaultAsync(cancellationToken) is { } there)
        {
            return (there, null);
        }

        var added = new CheckoutIntent(Guid.CreateVersion7(), accountId, request.InstanceId, request.Plan, request.Interval, price.MinorUnits, price.Currency, clock.GetUtcNow());
        db.Add(added);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
            return (added, null);
        }
        catch (DbUpdateException clash) when (clash.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            // Another click was first: its checkout is ours too. It may be gone again by now, then a round more finds out.
            return await open.SingleOrDefaultAsync(cancellationToken) is { } theirs ? (theirs, null) : await FindOrAddAsync(accountId, request, price, cancellationToken);
        }
    }

    private bool Fits(CheckoutIntent intent, CheckoutRequest request, Money price) => intent.Fits(request.Plan, request.Interval, price, clock.GetUtcNow());

    private async Task<Refusal?> ReplaceAsync(Guid intentId, CancellationToken cancellationToken)
    {
        CheckoutFacts? facts = null;
        if (await ReferenceAsync(intentId, cancellationToken) is { } reference)
        {
            // Unpayable at the payment provider first, replaced here second: the other order could charge twice.
            facts = await payments.ExpireCheckoutAsync(reference, cancellationToken);
            if (facts.Standing == CheckoutStanding.Processing)
            {
                return BillingRefusals.PaymentUnderWay;
            }
        }

        await settlement.ReplaceAsync(intentId, facts, cancellationToken);
        return null;
    }

    private async Task<string?> ReferenceAsync(Guid intentId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<CheckoutIntent>().Where(intent => intent.Id == intentId).Select(intent => intent.Reference).SingleAsync(cancellationToken);
    }

    private async Task<CheckoutIntent> OpenAsync(CheckoutIntent intent, CancellationToken cancellationToken)
    {
        if (intent.Reference is not null)
        {
            return intent;
        }

        var page = await payments.CreateCheckoutAsync(await OrderAsync(intent, cancellationToken), cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var row = (await db.LockIntentsAsync(intent.InstanceId, cancellationToken)).Single(locked => locked.Id == intent.Id);
        row.Opened(page, clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return row;
    }

    private async Task<CheckoutOrder> OrderAsync(CheckoutIntent intent, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var email = await db.Users.Where(user => user.Id == intent.AccountId).Select(user => user.Email).SingleAsync(cancellationToken);
        var success = new Uri(options.Value.BaseUrl, $"/setup?checkout={intent.Id}");
        var cancel = new Uri(options.Value.BaseUrl, $"/setup?cancelled={intent.Id}");
        return new CheckoutOrder(
            intent.Id, intent.AccountId, intent.InstanceId, email, catalogue.Find(intent.Plan)?.Name ?? intent.Plan, intent.Interval, intent.Price, intent.ExpiresAt, success, cancel);
    }
}
