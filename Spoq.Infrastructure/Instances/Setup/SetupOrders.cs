using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Billing;
using Spoq.Core.Devices;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Devices;

namespace Spoq.Infrastructure.Instances.Setup;

/// <summary>What a program wants; null: as it was chosen before, or what the wizard would suggest.</summary>
public sealed record InstanceWish(string? Address = null, string? Username = null, string? Plan = null, BillingInterval? Interval = null, string? Region = null);

/// <summary>A draft and where to pay for it.</summary>
public sealed record PlacedOrder(Instance Instance, CheckoutStarted Checkout);

/// <summary>The wizard's whole way in one go, through the same saved draft: a person may finish in the browser what a program began.</summary>
public sealed class SetupOrders(IDbContextFactory<SpoqDbContext> contexts, SetupService setup, SetupOffers offers, ProfileService profiles, InstanceService instances, TimeProvider clock)
{
    public async Task<Result<PlacedOrder>> PlaceAsync(Guid accountId, InstanceWish wish, CancellationToken cancellationToken)
    {
        if (!(await ChooseAsync(accountId, wish, cancellationToken)).Try(out _, out var refusal)
            || !(await setup.CheckoutAsync(accountId, cancellationToken)).Try(out var checkout, out refusal)
            || !(await setup.LoadAsync(accountId, cancellationToken)).Try(out var state, out refusal))
        {
            return refusal;
        }

        var instance = await instances.FindAsync(accountId, state.Draft.InstanceId!.Value, cancellationToken);
        return new PlacedOrder(instance!, checkout);
    }

    /// <summary>Changes what an unpaid order is for; its open checkout no longer fits and is replaced by the next one.</summary>
    public async Task<Result<Instance>> ChangeAsync(Guid accountId, Guid instanceId, InstanceWish wish, CancellationToken cancellationToken)
    {
        if (await instances.FindAsync(accountId, instanceId, cancellationToken) is not { } instance)
        {
            return InstanceRefusals.NotFound;
        }

        if (instance.State != InstanceState.Draft)
        {
            return InstanceRefusals.AlreadyBegun;
        }

        return (await ChooseAsync(accountId, wish, cancellationToken)).Try(out _, out var refusal)
            ? (await instances.FindAsync(accountId, instanceId, cancellationToken))!
            : refusal;
    }

    /// <summary>Gives an unpaid order up: its address is free at once, its checkout can no longer be paid.</summary>
    public async Task<Refusal?> AbandonAsync(Guid accountId, Guid instanceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var draft = await db.Set<SetupDraft>()
            .FromSql($"select *, xmin from setup_drafts where account_id = {accountId} and instance_id = {instanceId} and closed_at is null for update")
            .SingleOrDefaultAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        if (instance is null || instance.AccountId != accountId)
        {
            return InstanceRefusals.NotFound;
        }

        var now = clock.GetUtcNow();
        if (instance.Abandon(now) is { } refusal)
        {
            return refusal;
        }

        foreach (var intent in await db.LockIntentsAsync(instanceId, cancellationToken))
        {
            intent.Replace(now);
        }

        draft?.Close(now);
        await AddressClaims.LetGoAsync(db, accountId, instance.Address, cancellationToken);
        db.Tell(instance, now, "abandoned", "Given up before it was paid. Nothing was charged.");
        await db.AnnounceAsync(instanceId, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    /// <summary>The profile of this name: the wizard's while it is open, else one more beside it.</summary>
    public async Task<Result<Guid>> ChooseProfileAsync(Guid accountId, string username, CancellationToken cancellationToken)
    {
        if ((await profiles.ListAsync(accountId, cancellationToken)).FirstOrDefault(profile => profile.Username == username) is { } there)
        {
            return there.Id;
        }

        if ((await setup.SetUsernameAsync(accountId, username, cancellationToken)).Try(out var state, out var refusal))
        {
            return state.Draft.ProfileId!.Value;
        }

        var isOutsideWizard = refusal == SetupRefusals.StepNotOpen || refusal == SetupRefusals.AlreadyPaid;
        return !isOutsideWizard ? refusal
            : (await profiles.AddAsync(accountId, username, cancellationToken)).Try(out var added, out refusal) ? added.Id
            : refusal;
    }

    private async Task<Result<SetupState>> ChooseAsync(Guid accountId, InstanceWish wish, CancellationToken cancellationToken)
    {
        if (!(await OpenAsync(accountId, cancellationToken)).Try(out var state, out var refusal))
        {
            return refusal;
        }

        if (state.Draft.IsPaid)
        {
            return SetupRefusals.AlreadyPaid;
        }

        if (wish.Address is not null || state.Draft.Address is null)
        {
            if (!(await setup.SetAddressAsync(accountId, wish.Address, cancellationToken)).Try(out state, out refusal))
            {
                return refusal;
            }
        }

        var username = wish.Username ?? state.Draft.Username ?? Username.Suggest(state.Draft.Address!);
        if (username != state.Draft.Username && !(await setup.SetUsernameAsync(accountId, username, cancellationToken)).Try(out state, out refusal))
        {
            return refusal;
        }

        return await PassDevicesAsync(accountId, state, cancellationToken) is { } no ? no : await ChoosePlanAsync(accountId, wish, state, cancellationToken);
    }

    /// <summary>A setup whose computer was cancelled makes room for the next.</summary>
    private async Task<Result<SetupState>> OpenAsync(Guid accountId, CancellationToken cancellationToken)
    {
        var opened = await setup.LoadAsync(accountId, cancellationToken);
        return opened.Try(out var state, out _) && state.Instance is { IsFinal: true } && await setup.CloseAsync(accountId, cancellationToken) is null
            ? await setup.LoadAsync(accountId, cancellationToken)
            : opened;
    }

    private async Task<Refusal?> PassDevicesAsync(Guid accountId, SetupState state, CancellationToken cancellationToken)
    {
        if (state.Draft is { HasDevice: true } or { DeviceSkipped: true })
        {
            return null;
        }

        return (await setup.FinishDevicesAsync(accountId, cancellationToken)).Try(out _, out var refusal) ? null
            : refusal == SetupRefusals.NoDevice && (await setup.SkipDeviceAsync(accountId, cancellationToken)).Try(out _, out refusal) ? null
            : refusal;
    }

    private async Task<Result<SetupState>> ChoosePlanAsync(Guid accountId, InstanceWish wish, SetupState state, CancellationToken cancellationToken)
    {
        if ((wish.Plan ?? state.Draft.Plan) is not { } plan)
        {
            return SetupRefusals.UnknownPlan;
        }

        if ((wish.Region ?? state.Draft.Region) is not { } region)
        {
            if (!(await offers.RegionsAsync(offers.Find(plan), cancellationToken)).Try(out var regions, out var refusal))
            {
                return refusal;
            }

            region = regions.Count > 0 ? regions[0].Key : "";
        }

        return await setup.SetPlanAsync(accountId, plan, wish.Interval ?? state.Draft.Interval ?? BillingInterval.Month, region, cancellationToken);
    }
}
