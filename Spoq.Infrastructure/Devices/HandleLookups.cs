using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Spoq.Core;
using Spoq.Core.Devices;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Devices;

/// <summary>Asks the directory for a handle's keys, and keeps what was shown until it is confirmed.</summary>
public sealed class HandleLookups(IDbContextFactory<SpoqDbContext> contexts, IKeyDirectory directory, RateLimiter limiter, TimeProvider clock, ILogger<HandleLookups> logger)
{
    private static readonly RateRule s_perAccount = new(30, TimeSpan.FromMinutes(10));

    public async Task<Result<ShownKeys>> ShowAsync(Guid accountId, string text, CancellationToken cancellationToken)
    {
        if (!Handle.Check(text).Try(out var handle, out var refusal))
        {
            return refusal;
        }

        if (await limiter.TakeAsync("handle_lookup", accountId.ToString(), s_perAccount, cancellationToken) is { } wait)
        {
            return DeviceRefusals.TooManyLookUps(wait);
        }

        switch (await directory.FindAsync(handle, cancellationToken))
        {
            case DirectoryAnswer.Found { List: { Keys.Count: > 0 and <= KeyList.MaxKeys } list }:
                await KeepAsync(accountId, handle, list, cancellationToken);
                return new ShownKeys(handle, [.. list.Keys.Select(key => new KeyView(key.Algorithm, key.Fingerprint, key.Comment))], list.Skipped);
            case DirectoryAnswer.Found { List.Keys.Count: 0 }:
                return DeviceRefusals.HandleWithoutUsableKeys(handle);
            case DirectoryAnswer.Found { List.Keys.Count: var count }:
                return DeviceRefusals.HandleWithTooManyKeys(handle, count);
            case DirectoryAnswer.Unavailable { Reason: var reason }:
                logger.LogWarning("ssh.id could not be asked: {Reason}", reason);
                return DeviceRefusals.DirectoryUnavailable;
            default:
                return DeviceRefusals.HandleUnknown(handle);
        }
    }

    /// <summary>The keys that were shown and are now confirmed; they can be taken once.</summary>
    internal async Task<Result<KeyList>> TakeAsync(SpoqDbContext db, Guid accountId, string handle, IReadOnlyCollection<string> fingerprints, CancellationToken cancellationToken)
    {
        var lookup = await db.HandleLookups.SingleOrDefaultAsync(row => row.AccountId == accountId && row.Handle == handle, cancellationToken);
        if (lookup is null)
        {
            return DeviceRefusals.LookUpAgain;
        }

        db.Remove(lookup);
        return lookup.Confirm(fingerprints, clock.GetUtcNow());
    }

    private async Task KeepAsync(Guid accountId, string handle, KeyList list, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var keys = string.Join('\n', list.Keys.Select(key => key.Line));
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync($"""
            with expired as (delete from handle_lookups where account_id = {accountId} and handle <> {handle} and shown_at < {now - HandleLookup.Lifetime})
            insert into handle_lookups (account_id, handle, keys, shown_at) values ({accountId}, {handle}, {keys}, {now})
            on conflict (account_id, handle) do update set keys = excluded.keys, shown_at = excluded.shown_at
            """, cancellationToken);
    }
}
