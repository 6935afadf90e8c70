using System.Diagnostics;
using Npgsql;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Billing.Stripe;
using Spoq.Infrastructure.Instances;

namespace Spoq.Infrastructure.Ops;

/// <param name="QueueAge">How late the oldest due row is that nobody holds.</param>
/// <param name="Workers">Worker processes that hold a live connection right now.</param>
public sealed record VitalSigns(DateTimeOffset At, bool IsDatabaseUp, TimeSpan DatabaseLatency, TimeSpan QueueAge, int Workers)
{
    private static readonly TimeSpan s_late = TimeSpan.FromMinutes(5);

    public bool IsQueueLate => QueueAge > s_late;

    public bool IsWell => IsDatabaseUp && Workers > 0 && !IsQueueLate;
}

/// <summary>What the status page and the readiness probe tell; measured when asked, never remembered.</summary>
public sealed class Vitals(NpgsqlDataSource source, TimeProvider clock)
{
    /// <summary>Servers, payments and mail: what somebody waits for.</summary>
    private static readonly string s_queues = string.Join(" union all ", new[]
    {
        InstanceNews.Table, CheckoutIntentTable.Name, SubscriptionTable.Name, SubscriptionPaymentTable.Name, StripeInboxEvent.Table, OutboxMessage.Table,
    }.Select(table => $"select due_at, lease_until from {table}"));

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public async Task<VitalSigns> TakeAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        var started = Stopwatch.GetTimestamp();
        try
        {
            await using var command = source.CreateCommand($"""
                select
                    (select count(distinct pid) from pg_locks where locktype = 'advisory' and classid = {WorkerPresence.LockClass} and objid = {WorkerPresence.LockObject} and granted
                        and database = (select oid from pg_database where datname = current_database())),
                    (select coalesce(extract(epoch from $1 - min(greatest(due_at, coalesce(lease_until, due_at)))), 0)::float8
                        from ({s_queues}) as work
                        where due_at <= $1 and (lease_until is null or lease_until <= $1))
                """);
            var now = clock.GetUtcNow();
            command.Parameters.Add(new() { Value = now });
            await using var row = await command.ExecuteReaderAsync(limit.Token);
            await row.ReadAsync(limit.Token);
            return new VitalSigns(now, true, Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(row.GetDouble(1)), (int)row.GetInt64(0));
        }
        catch (Exception away) when (away is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException
            || (away is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new VitalSigns(clock.GetUtcNow(), false, Stopwatch.GetElapsedTime(started), TimeSpan.Zero, 0);
        }
    }
}
