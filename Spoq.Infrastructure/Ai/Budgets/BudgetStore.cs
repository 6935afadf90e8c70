using Npgsql;
using NpgsqlTypes;
using Spoq.Core.Ai.Usage;
using Spoq.Core.Billing;

namespace Spoq.Infrastructure.Ai.Budgets;

/// <summary>Caps, spending and the nodes' holds as PostgreSQL knows them.</summary>
internal sealed class BudgetStore(NpgsqlDataSource source, PlanCatalogue plans, TimeProvider clock)
{
    /// <summary>How long a node that died is believed: its calls are over by then, and its spool was taken up.</summary>
    private static readonly TimeSpan s_believed = TimeSpan.FromMinutes(2);

    private const string Facts = """
        select a.id,
            coalesce((select monthly_cap from usage_caps c where c.account_id = a.id), $4),
            array(select plan from subscriptions s where s.account_id = a.id and s.terminated_at is null and s.ended_at is null),
            used.*, held.*
        from unnest($1) as a (id),
            lateral (select coalesce(sum(input_tokens + cached_input_tokens + cache_write_tokens), 0)::bigint, coalesce(sum(output_tokens + reasoning_tokens), 0)::bigint, coalesce(sum(cost_microdollars), 0)::bigint
                from usage_monthly m where m.account_id = a.id and m.month = $2) used,
            lateral (select coalesce(sum(input_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint, coalesce(sum(microdollars), 0)::bigint
                from usage_reservations r where r.account_id = a.id and r.api_key_id = '00000000-0000-0000-0000-000000000000' and r.node_id <> $3 and r.valid_until > $5) held
        """;

    private const string Keys = """
        select k.account_id, k.id, k.monthly_cap, used.*, held.*
        from api_keys k,
            lateral (select coalesce(sum(input_tokens + cached_input_tokens + cache_write_tokens), 0)::bigint, coalesce(sum(output_tokens + reasoning_tokens), 0)::bigint, coalesce(sum(cost_microdollars), 0)::bigint
                from usage_monthly m where k.monthly_cap is not null and m.account_id = k.account_id and m.month = $2 and m.api_key_id = k.id) used,
            lateral (select coalesce(sum(input_tokens), 0)::bigint, coalesce(sum(output_tokens), 0)::bigint, coalesce(sum(microdollars), 0)::bigint
                from usage_reservations r where k.monthly_cap is not null and r.account_id = k.account_id and r.api_key_id = k.id and r.node_id <> $3 and r.valid_until > $5) held
        where k.account_id = any($1) and k.revoked_at is null and $4 is not null
        """;

    public Guid NodeId { get; } = Guid.NewGuid();

    public async Task<IReadOnlyDictionary<Guid, BudgetFacts>> ReadAsync(IReadOnlyCollection<Guid> accountIds, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await ReadAsync(connection, accountIds, cancellationToken);
    }

    /// <summary>Tells the other nodes what this one has admitted.</summary>
    public async Task PublishAsync(IReadOnlyList<(Guid AccountId, Guid KeyId, Expense Held)> holds, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await PublishAsync(connection, holds, cancellationToken);
    }

    /// <summary>No other node decides on this account between the reading and the telling.</summary>
    /// <param name="accountId">Whose money.</param>
    /// <param name="decide">False: too late, and there is nothing to tell.</param>
    /// <param name="holds">What is told.</param>
    /// <param name="cancellationToken">Stops before the decision.</param>
    public async Task AgreeAsync(Guid accountId, Func<BudgetFacts, bool> decide, Func<IReadOnlyList<(Guid KeyId, Expense Held)>> holds, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var turn = new NpgsqlCommand("select pg_advisory_xact_lock(7306, hashtext($1::text))", connection))
        {
            turn.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = accountId });
            await turn.ExecuteNonQueryAsync(cancellationToken);
        }

        if (!decide((await ReadAsync(connection, [accountId], cancellationToken))[accountId]))
        {
            return;
        }

        await PublishAsync(connection, [.. holds().Select(hold => (accountId, hold.KeyId, hold.Held))], CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
    }

    private async Task<IReadOnlyDictionary<Guid, BudgetFacts>> ReadAsync(NpgsqlConnection connection, IReadOnlyCollection<Guid> accountIds, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var month = AccountBudget.MonthOf(now);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var sql in (string[])[Facts, Keys])
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. accountIds] });
            command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = month });
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = NodeId });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = UsageCap.Default });
            command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = now.UtcDateTime });
            batch.BatchCommands.Add(command);
        }

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        var accounts = new List<(Guid Id, Allowance Allowance, Expense Held)>();
        while (await row.ReadAsync(cancellationToken))
        {
            var own = row.GetFieldValue<string[]>(2).Select(plans.Find).OfType<Plan>().ToList();

            // Of several plans the largest says what tokens beyond all of them cost.
            var price = own.MaxBy(plan => plan.IncludedTokens)?.Overage;
            accounts.Add((row.GetGuid(0), new Allowance(row.GetInt64(1), own.Sum(plan => plan.IncludedTokens), price, ReadExpense(row, 3)), ReadExpense(row, 6)));
        }

        await row.NextResultAsync(cancellationToken);
        var keys = accounts.ToDictionary(account => account.Id, _ => new Dictionary<Guid, KeyFacts>());
        while (await row.ReadAsync(cancellationToken))
        {
            keys[row.GetGuid(0)][row.GetGuid(1)] = new KeyFacts(await row.IsDBNullAsync(2, cancellationToken) ? null : row.GetInt64(2), ReadExpense(row, 3), ReadExpense(row, 6));
        }

        return accounts.ToDictionary(account => account.Id, account => new BudgetFacts(month, account.Allowance, account.Held, keys[account.Id]));
    }

    private static Expense ReadExpense(NpgsqlDataReader row, int at) => new(row.GetInt64(at), row.GetInt64(at + 1), row.GetInt64(at + 2));

    private async Task PublishAsync(NpgsqlConnection connection, IReadOnlyList<(Guid AccountId, Guid KeyId, Expense Held)> holds, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            with gone as (
                delete from usage_reservations r using unnest($1, $2, $3, $6, $7) as h (account_id, api_key_id, cost, input, output)
                where greatest(h.cost, h.input, h.output) = 0 and r.account_id = h.account_id and r.node_id = $4 and r.api_key_id = h.api_key_id
            )
            insert into usage_reservations (account_id, node_id, api_key_id, microdollars, input_tokens, output_tokens, valid_until)
            select account_id, $4, api_key_id, cost, input, output, $5 from unnest($1, $2, $3, $6, $7) as h (account_id, api_key_id, cost, input, output)
            where greatest(cost, input, output) > 0 order by 1, 3
            on conflict (account_id, node_id, api_key_id) do update set microdollars = excluded.microdollars, input_tokens = excluded.input_tokens,
                output_tokens = excluded.output_tokens, valid_until = excluded.valid_until
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. holds.Select(hold => hold.AccountId)] });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. holds.Select(hold => hold.KeyId)] });
        command.Parameters.Add(Numbers(holds.Select(hold => hold.Held.Cost)));
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = NodeId });
        command.Parameters.Add(new NpgsqlParameter<DateTime> { TypedValue = (clock.GetUtcNow() + s_believed).UtcDateTime });
        command.Parameters.Add(Numbers(holds.Select(hold => hold.Held.Input)));
        command.Parameters.Add(Numbers(holds.Select(hold => hold.Held.Output)));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlParameter<long[]> Numbers(IEnumerable<long> values) => new() { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };
}
