using System.Net;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Access;

/// <summary>What the asking machine gets (RFC 8628, section 3.2).</summary>
public sealed record DeviceStarted(string DeviceCode, string UserCode);

/// <summary>What the person who is to decide sees.</summary>
/// <param name="IsSameNetwork">Null: it cannot be told, as between an IPv4 and an IPv6 address.</param>
public sealed record DeviceRequest(DeviceGrant Grant, bool? IsSameNetwork);

/// <summary>A machine asks, a person decides. What the machine then fetches is <see cref="DeviceDelivery"/>.</summary>
public sealed class DeviceGrantService(IDbContextFactory<SpoqDbContext> contexts, DeviceCodeLimits limits, AccessDesk desk, AccountPost post)
{
    public async Task<Result<DeviceStarted>> StartAsync(DeviceAsker asker, Caller caller, CancellationToken cancellationToken)
    {
        if (await limits.StartAsync(caller, cancellationToken) is { } wait)
        {
            return DeviceAccessRefusals.TooManyStarts(wait);
        }

        var now = desk.Now;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var code = Secret.New();
        string words;
        do
        {
            words = UserCode.Of([Draw(), Draw(), Draw()]);
        }
        while (await db.Set<DeviceGrant>().AnyAsync(grant => grant.UserCode == words, cancellationToken));

        db.Add(new DeviceGrant(Guid.CreateVersion7(now), Secret.Hash(code), words, asker, now));
        await db.SaveChangesAsync(cancellationToken);
        return new DeviceStarted(code, words);
    }

    /// <summary>The request behind the words, to be shown; nothing is decided by looking. One's own decision can be looked at again.</summary>
    public Task<Result<DeviceRequest>> FindAsync(Guid accountId, string? typed, Caller caller, CancellationToken cancellationToken) =>
        TryAsync<DeviceRequest>(accountId, typed, caller, async words =>
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var found = await ReadAsync(db.Set<DeviceGrant>().AsNoTracking().Where(grant => grant.UserCode == words), accountId, cancellationToken);
            return found.Try(out var grant, out var no) ? new DeviceRequest(grant, IsSameNetwork(grant, caller)) : no;
        }, cancellationToken);

    public Task<Result<DeviceGrant>> DecideAsync(Guid accountId, string? typed, bool isApproved, Caller caller, CancellationToken cancellationToken) =>
        TryAsync(accountId, typed, caller, words => JudgeAsync(accountId, words, isApproved, caller, cancellationToken), cancellationToken);

    private async Task<Result<DeviceGrant>> JudgeAsync(Guid accountId, string words, bool isApproved, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var found = await ReadAsync(db.Set<DeviceGrant>().FromSql($"select * from device_grants where user_code = {words} for update"), accountId, cancellationToken);
        var now = desk.Now;
        if (!found.Try(out var grant, out var no) || (no = isApproved ? grant.Approve(accountId, now) : grant.Deny(accountId, now)) is not null)
        {
            return no;
        }

        var detail = $"{grant.Called}{(grant.Address is null ? "" : $", asked from {Plain(grant.Address)}")}";
        desk.Audit(db, accountId, isApproved ? "access.device_approved" : "access.device_denied", detail, caller);
        if (isApproved)
        {
            await post.AddAsync(db, accountId, (to, links) => DeviceMails.SignedIn(to, detail, now, links.Activity), cancellationToken);
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return grant;
    }

    private async Task<Result<DeviceGrant>> ReadAsync(IQueryable<DeviceGrant> rows, Guid accountId, CancellationToken cancellationToken)
    {
        var grant = (await rows.ToListAsync(cancellationToken)).SingleOrDefault();

        // What another account decided looks like words that never were.
        if (grant is null || (grant.AccountId is { } decider && decider != accountId))
        {
            return DeviceAccessRefusals.Unknown;
        }

        return grant.State == DeviceGrantState.Pending && !grant.IsOpen(desk.Now) ? DeviceAccessRefusals.Expired : grant;
    }

    /// <summary>Counts wrong words. The counters are asked before and after, never while a connection is held: many at once would wait for each other.</summary>
    private async Task<Result<T>> TryAsync<T>(Guid accountId, string? typed, Caller caller, Func<string, Task<Result<T>>> look, CancellationToken cancellationToken)
        where T : notnull
    {
        if (!(await limits.TryAsync(accountId, caller, cancellationToken)).Try(out var taken, out var locked))
        {
            return locked;
        }

        var answer = UserCode.Read(typed) is { } words ? await look(words) : DeviceAccessRefusals.Malformed;
        if (!answer.Try(out _, out var no) && (no == DeviceAccessRefusals.Unknown || no == DeviceAccessRefusals.Malformed))
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            desk.Audit(db, accountId, "access.device_code_failed", "wrong words", caller);
            await db.SaveChangesAsync(cancellationToken);
            return no;
        }

        await limits.RightAsync(taken, cancellationToken);
        return answer;
    }

    private static int Draw() => RandomNumberGenerator.GetInt32(UserCode.ListLength);

    private static bool? IsSameNetwork(DeviceGrant grant, Caller caller)
    {
        var (asker, here) = (Plain(grant.Address), Plain(caller.Address));
        return asker is null || here is null ? null
            : IPAddress.IsLoopback(asker) && IPAddress.IsLoopback(here) ? true
            : asker.AddressFamily != here.AddressFamily ? null
            : new Caller(asker, null).LimitKey == new Caller(here, null).LimitKey;
    }

    private static IPAddress? Plain(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
