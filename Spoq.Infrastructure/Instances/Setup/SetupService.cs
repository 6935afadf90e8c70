using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Devices;

namespace Spoq.Infrastructure.Instances.Setup;

/// <summary>Where somebody is in the wizard.</summary>
/// <param name="Instance">Null before checkout began.</param>
/// <param name="Lost">Why the chosen address is theirs no more; null: it is.</param>
public sealed record SetupState(SetupDraft Draft, Instance? Instance, Refusal? Lost = null);

/// <summary>The wizard's saved way: every answer is in the database before the next step is shown.</summary>
public sealed class SetupService(
    IDbContextFactory<SpoqDbContext> contexts,
    AddressClaims claims,
    ProfileService profiles,
    CheckoutService checkouts,
    SetupOffers offers,
    TimeProvider clock)
{
    private static readonly InstanceState[] s_gone = [InstanceState.Draft, InstanceState.Cancelled, InstanceState.Deleted];

    /// <summary>The open draft, made if there is none; renews the hold on its address.</summary>
    public async Task<Result<SetupState>> LoadAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(db, accountId, cancellationToken) is not { } state)
        {
            if (await db.Instances.AnyAsync(instance => instance.AccountId == accountId && !s_gone.Contains(instance.State), cancellationToken))
            {
                return SetupRefusals.QuotaReached;
            }

            state = await OpenAsync(db, accountId, cancellationToken);
        }

        var (draft, instance, _) = state;
        draft.Follow(instance?.State);
        var lost = draft is { IsPaid: false, Address: { } address } ? await claims.HoldAsync(db, accountId, address, cancellationToken) : null;
        if (lost is not null)
        {
            draft.LoseAddress();
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return state with { Lost = lost };
    }

    /// <summary>Takes the address and goes on.</summary>
    public Task<Result<SetupState>> SetAddressAsync(Guid accountId, string? name, CancellationToken cancellationToken) =>
        ChangeAsync(accountId, async (db, draft) => !Address.Check(name).Try(out var address, out var refusal)
            ? refusal
            : draft.GoTo(SetupStep.Address) ?? await claims.HoldAsync(db, accountId, address, cancellationToken) ?? draft.SetAddress(address), cancellationToken);

    public async Task<Result<SetupState>> SetUsernameAsync(Guid accountId, string username, CancellationToken cancellationToken)
    {
        if (!(await GoToAsync(accountId, SetupStep.Profile, cancellationToken)).Try(out _, out var refusal)
            || !(await profiles.SetFirstProfileAsync(accountId, username, cancellationToken)).Try(out var profile, out refusal))
        {
            return refusal;
        }

        return await ChangeAsync(accountId, (_, draft) => Task.FromResult(draft.SetProfile(profile.Id, profile.Username)), cancellationToken);
    }

    /// <summary>Goes on with the devices there are.</summary>
    public Task<Result<SetupState>> FinishDevicesAsync(Guid accountId, CancellationToken cancellationToken) =>
        ChangeAsync(accountId, async (db, draft) => await db.Profiles.AnyAsync(profile => profile.Id == draft.ProfileId
            && (profile.PasswordHash != null || db.Devices.Any(device => device.ProfileId == profile.Id)), cancellationToken)
            ? draft.SetDevice(hasDevice: true)
            : SetupRefusals.NoDevice, cancellationToken);

    public Task<Result<SetupState>> SkipDeviceAsync(Guid accountId, CancellationToken cancellationToken) =>
        ChangeAsync(accountId, (_, draft) => Task.FromResult(draft.SetDevice(hasDevice: false)), cancellationToken);

    public async Task<Result<SetupState>> SetPlanAsync(Guid accountId, string plan, BillingInterval interval, string region, CancellationToken cancellationToken) =>
        await offers.CheckAsync(plan, interval, region, isLast: false, cancellationToken) is { } refusal
            ? refusal
            : await ChangeAsync(accountId, (_, draft) => Task.FromResult(draft.SetPlan(plan, interval, region)), cancellationToken);

    public Task<Result<SetupState>> BackAsync(Guid accountId, CancellationToken cancellationToken) =>
        ChangeAsync(accountId, (_, draft) => Task.FromResult(draft.Back()), cancellationToken);

    public Task<Result<SetupState>> GoToAsync(Guid accountId, SetupStep step, CancellationToken cancellationToken) =>
        ChangeAsync(accountId, (_, draft) => Task.FromResult(draft.GoTo(step)), cancellationToken);

    /// <summary>Remembers where the person goes on once the plan is bought; null: nowhere in particular.</summary>
    public async Task HeadForAsync(Guid accountId, string? next, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var checkedNext = LocalPath.Check(next);
        await db.Set<SetupDraft>().Where(draft => draft.AccountId == accountId && draft.ClosedAt == null && draft.Next != checkedNext)
            .ExecuteUpdateAsync(set => set.SetProperty(draft => draft.Next, checkedNext), cancellationToken);
    }

    /// <summary>Leaves this setup for good: the computer is ready, or it was cancelled and another may be chosen.</summary>
    public async Task<Refusal?> CloseAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(db, accountId, cancellationToken) is not { Draft: var draft, Instance: var instance })
        {
            return null;
        }

        if (instance is null || (instance.ReadyAt is null && !instance.IsFinal))
        {
            return SetupRefusals.StillUnderWay;
        }

        draft.Close(clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    /// <summary>Where to pay. The draft's row lock makes one instance of any number of clicks and tabs, and billing one checkout of it.</summary>
    public async Task<Result<CheckoutStarted>> CheckoutAsync(Guid accountId, CancellationToken cancellationToken)
    {
        if (!(await LoadAsync(accountId, cancellationToken)).Try(out var state, out var refusal))
        {
            return refusal;
        }

        if (state.Lost is not null)
        {
            return state.Lost;
        }

        if (state.Draft is { Step: < SetupStep.Progress, Plan: { } plan, Interval: { } interval, Region: { } region }
            && await offers.CheckAsync(plan, interval, region, isLast: true, cancellationToken) is { } gone)
        {
            return gone;
        }

        var prepared = await ChangeAsync(accountId, (db, draft) => Task.FromResult(draft.GoTo(SetupStep.Pay) ?? Prepare(db, draft)), cancellationToken);
        if (!prepared.Try(out state, out refusal))
        {
            return refusal;
        }

        var chosen = state.Draft;
        return await checkouts.BeginAsync(accountId, new CheckoutRequest(chosen.InstanceId!.Value, chosen.Plan!, chosen.Interval!.Value), cancellationToken);
    }

    private Refusal? Prepare(SpoqDbContext db, SetupDraft draft)
    {
        if (draft.InstanceId is null)
        {
            var id = Guid.CreateVersion7();
            db.Add(new Instance(
                id, draft.AccountId, draft.Address!, offers.HostnameOf(draft.Address!), draft.Username!, draft.Plan!, draft.Region!, offers.ProviderOf(offers.Find(draft.Plan)), clock.GetUtcNow()));
            draft.Attach(id);
        }

        return null;
    }

    private async Task<Result<SetupState>> ChangeAsync(Guid accountId, Func<SpoqDbContext, SetupDraft, Task<Refusal?>> change, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await LockAsync(db, accountId, cancellationToken) is not { } state)
        {
            return SetupRefusals.StepNotOpen;
        }

        var (draft, instance, _) = state;
        draft.Follow(instance?.State);
        if (await change(db, draft) is { } refusal)
        {
            return refusal;
        }

        // What is paid for is always what was chosen last, also when a checkout is open in another tab.
        if (instance is { State: InstanceState.Draft } && draft.Furthest == SetupStep.Pay)
        {
            instance.Choose(draft.Address!, offers.HostnameOf(draft.Address!), draft.Username!, draft.Plan!, draft.Region!, offers.ProviderOf(offers.Find(draft.Plan)));
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return state;
    }

    /// <summary>The open draft and then its instance, both locked: whoever comes second sees what the first did.</summary>
    private static async Task<SetupState?> LockAsync(SpoqDbContext db, Guid accountId, CancellationToken cancellationToken)
    {
        var draft = await db.Set<SetupDraft>()
            .FromSql($"select *, xmin from setup_drafts where account_id = {accountId} and closed_at is null for update")
            .SingleOrDefaultAsync(cancellationToken);
        return draft switch
        {
            null => null,
            { InstanceId: { } instanceId } => new SetupState(draft, await db.LockInstanceAsync(instanceId, cancellationToken)),
            _ => new SetupState(draft, null),
        };
    }

    private async Task<SetupState> OpenAsync(SpoqDbContext db, Guid accountId, CancellationToken cancellationToken)
    {
        // Of two tabs that start at once the second waits here and finds the first one's draft.
        await db.Database.ExecuteSqlAsync(
            $"""
            insert into setup_drafts (id, account_id, step, has_device, device_skipped, created_at)
            values ({Guid.CreateVersion7()}, {accountId}, 'address', false, false, {clock.GetUtcNow()})
            on conflict (account_id) where closed_at is null do nothing
            """,
            cancellationToken);
        return (await LockAsync(db, accountId, cancellationToken))!;
    }
}
