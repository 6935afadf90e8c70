using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Ops;

/// <summary>A write as its caller named it.</summary>
public sealed record NamedWrite(Guid AccountId, string Key, string Endpoint, byte[] BodyHash);

/// <summary>What a write answered, to be given again.</summary>
public sealed record KeptAnswer(int Status, string? ContentType, string? Location, byte[] Body);

/// <summary>How a named write goes on: one of the two, run it or give the kept answer.</summary>
public sealed record NamedWriteTurn(Guid? RunId, KeptAnswer? Kept);

/// <summary>
/// Repeats of a write that its caller named by <c>Idempotency-Key</c> are answered from the first one, for a day.
/// Only what succeeded is kept: a refused write changed nothing and leaves its key free.
/// </summary>
public sealed class IdempotencyKeys(IDbContextFactory<SpoqDbContext> contexts, SecretBox box, TimeProvider clock)
{
    public const int MaxLength = 255;

    private const string Purpose = "idempotency_keys.answer";

    private static readonly TimeSpan s_kept = TimeSpan.FromHours(24);
    private static readonly TimeSpan s_longestRun = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    /// <summary>Of parallel repeats one gets the run; the others wait for its answer, and not for ever.</summary>
    public async Task<Result<NamedWriteTurn>> BeginAsync(NamedWrite write, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            if (await ClaimAsync(write, cancellationToken) is { } runId)
            {
                return new NamedWriteTurn(runId, null);
            }

            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var row = await db.Set<IdempotencyKey>().AsNoTracking().SingleOrDefaultAsync(row => row.AccountId == write.AccountId && row.Key == write.Key, cancellationToken);
            if (row is not null && (row.Endpoint != write.Endpoint || !row.BodyHash.AsSpan().SequenceEqual(write.BodyHash)))
            {
                return ApiRefusals.IdempotencyKeyReused;
            }

            if (row?.Answer is { } answer)
            {
                return new NamedWriteTurn(null, JsonSerializer.Deserialize<KeptAnswer>(box.Open(answer, Purpose))!);
            }

            if (clock.GetElapsedTime(started) > s_patience)
            {
                return ApiRefusals.IdempotencyInFlight;
            }

            await Task.Delay(s_look, clock, cancellationToken);
        }
    }

    public async Task KeepAsync(NamedWrite write, Guid runId, KeptAnswer answer, CancellationToken cancellationToken)
    {
        var sealedAnswer = box.Seal(JsonSerializer.SerializeToUtf8Bytes(answer), Purpose);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Set<IdempotencyKey>().Where(row => row.AccountId == write.AccountId && row.Key == write.Key && row.RunId == runId)
            .ExecuteUpdateAsync(row => row.SetProperty(kept => kept.Status, answer.Status).SetProperty(kept => kept.Answer, sealedAnswer), cancellationToken);
    }

    /// <summary>Nothing was changed: the next try may run.</summary>
    public async Task ReleaseAsync(NamedWrite write, Guid runId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Set<IdempotencyKey>().Where(row => row.AccountId == write.AccountId && row.Key == write.Key && row.RunId == runId && row.Answer == null)
            .ExecuteDeleteAsync(cancellationToken);
    }

    private async Task<Guid?> ClaimAsync(NamedWrite write, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var runId = Guid.CreateVersion7();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);

        // A key that outlived its day is a new one; a run that outlived its time died, and the same write may begin again.
        var claimed = await db.Database.ExecuteSqlAsync(
            $"""
            insert into idempotency_keys as k (account_id, key, endpoint, body_hash, run_id, running_until, created_at)
            values ({write.AccountId}, {write.Key}, {write.Endpoint}, {write.BodyHash}, {runId}, {now + s_longestRun}, {now})
            on conflict (account_id, key) do update
            set endpoint = excluded.endpoint, body_hash = excluded.body_hash, run_id = excluded.run_id, running_until = excluded.running_until,
                created_at = excluded.created_at, status = null, answer = null
            where k.created_at <= {now - s_kept}
              or (k.answer is null and k.running_until <= {now} and k.endpoint = excluded.endpoint and k.body_hash = excluded.body_hash)
            """,
            cancellationToken);
        if (claimed == 0)
        {
            return null;
        }

        await db.Set<IdempotencyKey>().Where(row => row.CreatedAt <= now - s_kept).ExecuteDeleteAsync(cancellationToken);
        return runId;
    }
}
