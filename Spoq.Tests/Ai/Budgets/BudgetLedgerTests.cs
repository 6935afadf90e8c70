using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Spoq.Core.Access;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Usage;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Ai.Budgets;
using Spoq.Infrastructure.Ai.Reports;
using Spoq.Tests.Ai.Metering;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai.Budgets;

public sealed class BudgetLedgerTests(UsageWorld world) : IClassFixture<UsageWorld>
{
    private const long Dollar = 1_000_000;

    private BudgetLedger Ledger => world.Get<BudgetLedger>();

    [Fact]
    public async Task Parallel_calls_never_set_aside_more_than_the_cap()
    {
        var account = await CappedAsync(10 * Dollar);

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => TryReserveAsync(Ledger, account, Dollar / 2))));

        Assert.Equal(20, answers.Count(answer => answer is not null));
    }

    [Fact]
    public async Task What_a_call_did_not_use_is_free_for_the_next()
    {
        var account = await CappedAsync(Dollar);
        var first = await TryReserveAsync(Ledger, account, Dollar);
        Assert.Null(await TryReserveAsync(Ledger, account, Dollar / 2));

        first!.Settle(Cost(Dollar / 4));
        first.Settle(Cost(Dollar));
        first.Release();
        world.Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.NotNull(await TryReserveAsync(Ledger, account, Dollar * 3 / 4));
    }

    [Fact]
    public async Task A_cost_counts_once_before_and_after_it_is_in_the_books()
    {
        var account = await CappedAsync(100 * Dollar);
        for (var round = 0; round < 5; round++)
        {
            var reserved = await TryReserveAsync(Ledger, account, Dollar);
            var usage = new TokenUsage(1_000_000, 0, 0, 0, 0);
            world.Call(account, usage);
            reserved!.Settle(Expense.Of(usage, UsageWorld.Price));
            await Ledger.RefreshAsync(CancellationToken.None);
            Assert.Equal(3 * Dollar * (round + 1), 100 * Dollar - await LeftAsync(account));
            await world.ShipAsync();
            await Ledger.RefreshAsync(CancellationToken.None);
            Assert.Equal(3 * Dollar * (round + 1), 100 * Dollar - await LeftAsync(account));
        }
    }

    [Fact]
    public async Task Two_nodes_near_the_cap_agree_and_what_a_dead_one_held_stays_held()
    {
        var account = await CappedAsync(10 * Dollar);
        var other = world.NewNode().GetRequiredService<BudgetLedger>();

        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(at => Task.Run(() => TryReserveAsync(at % 2 == 0 ? Ledger : other, account, 3 * Dollar))));

        Assert.Equal(3, answers.Count(answer => answer is not null));
        var third = world.NewNode().GetRequiredService<BudgetLedger>();
        Assert.Null(await TryReserveAsync(third, account, 3 * Dollar));
        Assert.NotNull(await TryReserveAsync(third, account, Dollar / 2));
    }

    [Fact]
    public async Task A_slow_reading_that_is_overtaken_forgets_nothing_that_was_spent()
    {
        var account = await CappedAsync(10 * Dollar);
        var usage = new TokenUsage(1_000_000, 0, 0, 0, 0);
        await using var source = NpgsqlDataSource.Create(world.ConnectionString);
        for (var round = 1; round <= 3; round++)
        {
            var reserved = await TryReserveAsync(Ledger, account, 3 * Dollar);
            world.Call(account, usage);
            reserved!.Settle(Expense.Of(usage, UsageWorld.Price));

            // A reading has seen the sums and is held up at the keys, while the cost reaches the books and somebody asks anew.
            await using var connection = await source.OpenConnectionAsync();
            await using var hold = await connection.BeginTransactionAsync();
            await using (var command = new NpgsqlCommand("lock table api_keys in access exclusive mode", connection))
            {
                await command.ExecuteNonQueryAsync();
            }

            var slow = Ledger.RefreshAsync(CancellationToken.None);
            await Eventually.TrueAsync(async () => await CountAsync(source, "select count(*) from pg_locks where not granted and relation = 'api_keys'::regclass") > 0, "the reading to wait");
            await world.ShipAsync();
            var asked = TryReserveAsync(Ledger, account, 9 * Dollar);
            await hold.CommitAsync();
            await slow;

            Assert.Null(await asked);
            Assert.Equal((10 - (3 * round)) * Dollar, await LeftAsync(account));
        }
    }

    [Fact]
    public async Task A_budget_that_nobody_used_for_long_is_let_go_of_but_never_with_money_set_aside()
    {
        var account = await CappedAsync(10 * Dollar);
        var held = await TryReserveAsync(Ledger, account, 6 * Dollar);
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        await Ledger.RefreshAsync(CancellationToken.None);
        Assert.Null(await TryReserveAsync(Ledger, account, 6 * Dollar));

        held!.Release();
        var stop = new CancellationTokenSource();
        var refreshing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                world.Clock.Advance(TimeSpan.FromMinutes(5));
                await Ledger.RefreshAsync(CancellationToken.None);
            }
        });
        var taken = 0;
        for (var round = 0; round < 60; round++)
        {
            taken += await TryReserveAsync(Ledger, account, Dollar) is null ? 0 : 1;
        }

        await stop.CancelAsync();
        await refreshing;
        Assert.Equal(10, taken);
    }

    [Fact]
    public async Task Included_tokens_are_set_aside_as_tokens_and_not_as_money()
    {
        var account = await CappedAsync(0);
        await using (var db = world.NewContext())
        {
            await LonePlan.GiveAsync(db, account, world.Clock.Now);
        }

        var dear = new Expense(2_000_000, 2_999_000, 900 * Dollar);
        Assert.True((await Ledger.ReserveAsync(account, null, dear, CancellationToken.None)).Try(out var reservation, out _));
        Assert.False((await Ledger.ReserveAsync(account, null, new Expense(1_001, 0, 0), CancellationToken.None)).Try(out _, out var no));
        Assert.Equal(BudgetRefusals.AccountCap, no);
        reservation!.Release();
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True((await Ledger.ReserveAsync(account, null, new Expense(5_000_000, 0, 0), CancellationToken.None)).Try(out _, out _));
    }

    [Fact]
    public async Task A_key_has_a_cap_of_its_own_below_the_accounts()
    {
        var account = await CappedAsync(100 * Dollar);
        Assert.True(ApiKeyTerms.Check("capped", ["ai"], null, Dollar, world.Clock.Now).Try(out var terms, out _));
        Assert.True((await world.Get<ApiKeyService>().CreateAsync(account, terms, new Caller(null, null), CancellationToken.None)).Try(out var made, out _));

        var first = await Ledger.ReserveAsync(account, made.Key.Id, Cost(Dollar), CancellationToken.None);
        var second = await Ledger.ReserveAsync(account, made.Key.Id, Cost(1), CancellationToken.None);

        Assert.True(first.Try(out _, out _));
        Assert.False(second.Try(out _, out var no));
        Assert.Equal(BudgetRefusals.KeyCap, no);
        Assert.NotNull(await TryReserveAsync(Ledger, account, Dollar));
    }

    [Fact]
    public async Task The_cap_is_a_months()
    {
        var account = await CappedAsync(Dollar);
        world.Call(account, new TokenUsage(1_000_000, 0, 0, 0, 0));
        await world.ShipAsync();
        Assert.Null(await TryReserveAsync(Ledger, account, 1));

        var node = world.NewNode();
        var before = world.Clock.Now;
        world.Clock.Now = before.AddMonths(1);
        try
        {
            Assert.NotNull(await TryReserveAsync(node.GetRequiredService<BudgetLedger>(), account, Dollar));
        }
        finally
        {
            world.Clock.Now = before;
        }
    }

    [Fact]
    public async Task Without_a_cap_of_ones_own_ten_dollars_hold()
    {
        var account = await world.AddAccountAsync();

        Assert.NotNull(await TryReserveAsync(Ledger, account, 10 * Dollar));
        Assert.Null(await TryReserveAsync(Ledger, account, 1));
    }

    private static async Task<long> CountAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<Reservation?> TryReserveAsync(BudgetLedger ledger, Guid account, long amount) =>
        (await ledger.ReserveAsync(account, null, Cost(amount), CancellationToken.None)).Try(out var reservation, out _) ? reservation : null;

    /// <summary>Without a plan only the model's price counts.</summary>
    private static Expense Cost(long microdollars) => new(0, 0, microdollars);

    /// <summary>To the microdollar, by asking for it.</summary>
    private async Task<long> LeftAsync(Guid account)
    {
        var (low, high) = (0L, 200 * Dollar);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            world.Clock.Advance(TimeSpan.FromMilliseconds(1));
            var reservation = await TryReserveAsync(Ledger, account, middle);
            reservation?.Release();
            (low, high) = reservation is null ? (low, middle - 1) : (middle, high);
        }

        return low;
    }

    private async Task<Guid> CappedAsync(long cap)
    {
        var account = await world.AddAccountAsync();
        Assert.Null(await world.Get<UsageReports>().SetCapAsync(account, cap, CancellationToken.None));
        return account;
    }
}
