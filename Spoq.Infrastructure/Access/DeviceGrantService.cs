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
    public async Task<Result<DeviceRequest>> FindAsync(Guid accountId, string? typed, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var read = await ReadAsync(accountId, typed, caller, words => db.Set<DeviceGrant>().AsNoTracking().Where(grant => grant.UserCode == words), cancellationToken);
        return read.Try(out var grant, out var no) ? new DeviceRequest(grant, IsSameNetwork(grant, caller)) : no;
    }

    public async Task<Result<DeviceGrant>> DecideAsync(Guid accountId, string? typed, bool isApproved, Caller caller, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var read = await ReadAsync(accountId, typed, caller, words => db.Set<DeviceGrant>().FromSql($"select * from device_grants where user_code = {words} for update"), cancellationToken);
        if (!read.Try(out var grant, out var no))
        {
            return no;
        }

        var now = desk.Now;
        if ((isApproved ? grant.Approve(accountId, now) : grant.Deny(accountId, now)) is { } refusal)
        {
            return refusal;
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

    private async Task<Result<DeviceGrant>> ReadAsync(Guid accountId, string? typed, Caller caller, Func<string, IQueryable<DeviceGrant>> find, CancellationToken cancellationToken)
    {
        if (!(await limits.TryAsync(accountId, caller, cancellationToken)).Try(out var taken, out var locked))
        {
            return locked;
        }

        if (UserCode.Read(typed) is not { } words)
        {
            return DeviceAccessRefusals.Malformed;
        }

        var grant = (await find(words).ToListAsync(cancellationToken)).SingleOrDefault();

        // What another account decided looks like words that never were.
        if (grant is null || grant.AccountId is { } decider && decider != accountId)
        {
            return DeviceAccessRefusals.Unknown;
        }

        await limits.RightAsync(taken, cancellationToken);
        return grant.State == DeviceGrantState.Pending && !grant.IsOpen(desk.Now) ? DeviceAccessRefusals.Expired : grant;
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
