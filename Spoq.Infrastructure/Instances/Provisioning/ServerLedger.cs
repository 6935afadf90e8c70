using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Pool;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>What was ordered where: each order is committed before the provider hears of it.</summary>
internal sealed class ServerLedger(IDbContextFactory<SpoqDbContext> contexts, SecretBox secrets, WarmPool pool, TimeProvider clock)
{
    public const string TokenPurpose = "provider_servers.tokens";

    /// <summary>The order of this instance, new or from before; null when the instance is no longer ours to order for.</summary>
    public async Task<OpenOrder?> OpenAsync(Instance instance, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await LockMineAsync(db, instance, cancellationToken) is not { } row)
        {
            return null;
        }

        var line = await OpenLineAsync(db, instance.ServerMark, cancellationToken);
        if (line is { SealedProvisioningToken: { } known })
        {
            return new OpenOrder(line.OrderedAt, IsNew: false, line.Reference, Encoding.ASCII.GetString(secrets.Open(known, TokenPurpose)), FingerprintOf(row));
        }

        // A line without a token: the server was made, called home and forgot it, before its maker's answer was written down.
        var isNew = line is null;
        var token = ServerTokens.New();
        if (line is null)
        {
            line = new ProviderServer(Guid.CreateVersion7(), instance.Id, instance.ServerMark, instance.Provider, row.NextPlan ?? row.Plan, clock.GetUtcNow());
            db.Add(line);
        }

        line.KeepProvisioningToken(secrets.Seal(Encoding.ASCII.GetBytes(token), TokenPurpose));
        row.ExpectPhoneHome(ServerTokens.Hash(token));
        if (row.SealedHostKey is null)
        {
            row.KeepHostKey(secrets.Seal(Encoding.ASCII.GetBytes(HostKey.New().Pem), HostKey.Purpose));
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new OpenOrder(line.OrderedAt, isNew, line.Reference, token, FingerprintOf(row));
    }

    /// <summary>Written before a provider that may have heard of the order is asked again: from now on its answer is waited for anew. False: no longer ours to order for.</summary>
    public async Task<bool> RepeatAsync(Instance instance, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await LockMineAsync(db, instance, cancellationToken) is null || await OpenLineAsync(db, instance.ServerMark, cancellationToken) is not { } line)
        {
            return false;
        }

        line.OrderAgain(clock.GetUtcNow());
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>The provider's answer is kept even when the instance has moved on: what was made must be removed.</summary>
    public async Task AnswerAsync(Instance instance, string reference)
    {
        await using var db = await contexts.CreateDbContextAsync(CancellationToken.None);
        if (await OpenLineAsync(db, instance.ServerMark, CancellationToken.None) is { } line)
        {
            line.Answer(reference, clock.GetUtcNow());

            // A rental that serves again is held once, not by the instance that had it before as well.
            foreach (var before in await db.Set<ProviderServer>().Where(row => row.Provider == line.Provider && row.Reference == reference && row.RemovedAt != null && row.PaidUntil != null).ToListAsync(CancellationToken.None))
            {
                before.ServesAgain();
            }

            await db.SaveChangesAsync(CancellationToken.None);
        }
    }

    /// <summary>The open line of this mark; null: there was none, or its server has ended.</summary>
    public async Task<ProviderServer?> LineAsync(Guid mark, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await OpenLineAsync(db, mark, cancellationToken);
    }

    /// <summary>All that a server of this instance was ever ordered by.</summary>
    public async Task<IReadOnlyList<Guid>> MarksAsync(Instance instance, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await MarksAsync(db, instance, cancellationToken);
    }

    public static async Task<IReadOnlyList<Guid>> MarksAsync(SpoqDbContext db, Instance instance, CancellationToken cancellationToken)
    {
        var marks = await db.Set<ProviderServer>().Where(line => line.InstanceId == instance.Id).Select(line => line.Mark).Distinct().ToListAsync(cancellationToken);
        return [.. marks.Append(instance.Id).Append(instance.ServerMark).Distinct()];
    }

    /// <param name="instance">Whose server has ended.</param>
    /// <param name="mark">What that was found by.</param>
    /// <param name="kept">The rental that could not be ended, and until when it is paid (null: renewed); null: it is gone.</param>
    /// <param name="cancellationToken">Stops before the commit.</param>
    public async Task RemoveAsync(Instance instance, Guid mark, (string Reference, DateTimeOffset? PaidUntil)? kept, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var line = await OpenLineAsync(db, mark, cancellationToken);
        if (line is not null)
        {
            if (kept is { } known)
            {
                line.Answer(known.Reference, now);
            }

            line.Remove(now, kept?.PaidUntil);
        }

        if (kept is var (reference, paidUntil))
        {
            await pool.KeepAsync(db, instance, line?.Plan ?? instance.Plan, reference, paidUntil, cancellationToken);
        }

        await db.SaveChangesAsync(cancellationToken);
    }

    private string? FingerprintOf(Instance instance) =>
        instance.SealedHostKey is { } key ? HostKey.Read(Encoding.ASCII.GetString(secrets.Open(key, HostKey.Purpose))).Fingerprint : null;

    /// <summary>Null when the lease or the instance has gone another way.</summary>
    private static async Task<Instance?> LockMineAsync(SpoqDbContext db, Instance instance, CancellationToken cancellationToken) =>
        await db.LockInstanceAsync(instance.Id, cancellationToken) is { Road: Road.Create or Road.Move } row && row.LeaseToken == instance.LeaseToken ? row : null;

    public static Task<ProviderServer?> OpenLineAsync(SpoqDbContext db, Guid mark, CancellationToken cancellationToken) =>
        db.Set<ProviderServer>().SingleOrDefaultAsync(line => line.Mark == mark && line.RemovedAt == null, cancellationToken);
}

/// <param name="IsNew">False: the provider may have heard of it already.</param>
/// <param name="Reference">What the provider answered; null: nothing yet.</param>
/// <param name="HostKeyFingerprint">Of the SSH host key that the server will be given.</param>
internal sealed record OpenOrder(DateTimeOffset OrderedAt, bool IsNew, string? Reference, string ProvisioningToken, string? HostKeyFingerprint);

/// <summary>Tokens of servers: 256 random bits, stored as SHA-256, compared in constant time.</summary>
internal static class ServerTokens
{
    public static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    public static bool Matches(string token, byte[]? hash) => CryptographicOperations.FixedTimeEquals(Hash(token), hash ?? []);
}
