using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Instances.Setup;

/// <summary>Whether an address can be had, and what could be had instead.</summary>
public sealed record AddressAnswer(string Address, Refusal? Refusal, IReadOnlyList<string> Suggestions)
{
    public bool Available => Refusal is null;
}

/// <summary>Who has which address. Every claim is one atomic upsert, so a hundred at once leave one owner.</summary>
public sealed class AddressClaims(IDbContextFactory<SpoqDbContext> contexts, TimeProvider clock)
{
    /// <param name="accountId">Whose own hold counts as free; null for a visitor.</param>
    public async Task<AddressAnswer> CheckAsync(string? name, Guid? accountId, CancellationToken cancellationToken)
    {
        var isValid = Address.Check(name).Try(out var address, out var refusal);
        var candidates = AddressSuggestions.For(name);
        string[] wanted = isValid ? [address!, .. candidates] : [.. candidates];

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var claims = await db.Set<AddressClaim>().AsNoTracking().Where(claim => wanted.Contains(claim.Address)).ToListAsync(cancellationToken);
        var gone = claims
            .Select(claim => (claim.Address, Refusal: claim.RefusalFor(accountId, now)))
            .Where(claim => claim.Refusal is not null)
            .ToDictionary(claim => claim.Address, claim => claim.Refusal);

        refusal ??= gone.GetValueOrDefault(address!);
        return refusal is null
            ? new AddressAnswer(address!, null, [])
            : new AddressAnswer(address ?? name?.Trim() ?? "", refusal, [.. candidates.Where(candidate => candidate != address && !gone.ContainsKey(candidate)).Take(AddressSuggestions.Shown)]);
    }

    /// <summary>Takes the address for half an hour, or renews it; the account's other hold is let go. An account holds one.</summary>
    public async Task<Refusal?> HoldAsync(Guid accountId, string? name, CancellationToken cancellationToken)
    {
        if (!Address.Check(name).Try(out var address, out var refusal))
        {
            return refusal;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        refusal = await HoldAsync(db, accountId, address, cancellationToken);
        if (refusal is null)
        {
            await transaction.CommitAsync(cancellationToken);
        }

        return refusal;
    }

    /// <summary>In the caller's transaction; a refusal has changed nothing in it.</summary>
    internal async Task<Refusal?> HoldAsync(SpoqDbContext db, Guid accountId, string address, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var until = now + AddressClaim.HoldTime;

        // Two tabs of one account take turns, so that they cannot end with a hold each.
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended('address_claims:' || {accountId}::text, 0))", cancellationToken);
        var taken = await db.Database.ExecuteSqlAsync(
            $"""
            insert into address_claims (address, account_id, held_until) values ({address}, {accountId}, {until})
            on conflict (address) do update set account_id = excluded.account_id, held_until = excluded.held_until, free_at = null
            where address_claims.instance_id is null
              and (address_claims.free_at <= {now}
                or (address_claims.free_at is null and (address_claims.held_until <= {now} or address_claims.account_id = {accountId})))
            """,
            cancellationToken);
        if (taken == 0)
        {
            return await WhyNotAsync(db, accountId, address, now, cancellationToken);
        }

        // Skipping locked rows: one that is locked is being taken by somebody else because it ran out.
        await db.Database.ExecuteSqlAsync(
            $"""
            delete from address_claims where address in (
                select address from address_claims
                where account_id = {accountId} and held_until is not null and address <> {address}
                for update skip locked)
            """,
            cancellationToken);
        return null;
    }

    /// <summary>Gives an unpaid address back at once, in the caller's transaction.</summary>
    internal static async Task LetGoAsync(SpoqDbContext db, Guid accountId, string address, CancellationToken cancellationToken) =>
        await db.Database.ExecuteSqlAsync(
            $"delete from address_claims where address = {address} and account_id = {accountId} and instance_id is null and held_until is not null", cancellationToken);

    /// <summary>Ties the address to a paid instance, in the caller's transaction; safe to repeat.</summary>
    internal async Task<Refusal?> LockInAsync(SpoqDbContext db, Instance instance, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var taken = await db.Database.ExecuteSqlAsync(
            $"""
            insert into address_claims (address, account_id, instance_id) values ({instance.Address}, {instance.AccountId}, {instance.Id})
            on conflict (address) do update set account_id = excluded.account_id, instance_id = excluded.instance_id, held_until = null, free_at = null
            where address_claims.instance_id = {instance.Id}
              or (address_claims.instance_id is null
                and (address_claims.free_at <= {now}
                  or (address_claims.free_at is null and (address_claims.held_until <= {now} or address_claims.account_id = {instance.AccountId}))))
            """,
            cancellationToken);
        return taken == 0 ? await WhyNotAsync(db, instance.AccountId, instance.Address, now, cancellationToken) : null;
    }

    /// <summary>Lets the address of a gone instance rest until <paramref name="freeAt"/>, in the caller's transaction; safe to repeat.</summary>
    internal static async Task ReleaseAsync(SpoqDbContext db, Instance instance, DateTimeOffset freeAt, CancellationToken cancellationToken)
    {
        await db.Database.ExecuteSqlAsync(
            $"""
            update address_claims set account_id = null, instance_id = null, held_until = null, free_at = {freeAt}
            where address = {instance.Address} and instance_id = {instance.Id}
            """,
            cancellationToken);
    }

    private static async Task<Refusal> WhyNotAsync(SpoqDbContext db, Guid accountId, string address, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var claim = await db.Set<AddressClaim>().AsNoTracking().SingleOrDefaultAsync(claim => claim.Address == address, cancellationToken);
        return claim?.RefusalFor(accountId, now) ?? SetupRefusals.AddressTaken;
    }
}
