using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Spoq.Core;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Metering;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Ai.Budgets;

/// <summary>
/// Holds the monthly caps by reservation: the worst case is set aside before a call and settled after it. On one node a
/// cap is never passed. Nodes tell each other twice a second what they hold, and agree on every call that is near a cap;
/// together they can pass it by no more than what they admit within half a second. While PostgreSQL is away each goes
/// by what it knew last.
/// </summary>
public sealed class BudgetLedger : BackgroundService
{
    internal const string Channel = "usage_budget_changed";

    private static readonly TimeSpan s_refresh = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<Guid, AccountBudget> _budgets = [];
    private readonly BudgetStore _store;
    private readonly UsageMeter _meter;
    private readonly Notices _notices;
    private readonly TimeProvider _clock;
    private readonly ILogger<BudgetLedger> _logger;
    private bool _isAway;

    internal BudgetLedger(BudgetStore store, UsageMeter meter, Notices notices, TimeProvider clock, ILogger<BudgetLedger> logger) =>
        (_store, _meter, _notices, _clock, _logger) = (store, meter, notices, clock, logger);

    /// <summary>Completes at once where the account's budget is known on this node and no cap is near.</summary>
    public ValueTask<Result<Reservation>> ReserveAsync(Guid accountId, Guid? apiKeyId, long worstCaseMicrodollars, CancellationToken cancellationToken)
    {
        var budget = _budgets.GetOrAdd(accountId, static id => new AccountBudget(id));
        var amount = Math.Max(0, worstCaseMicrodollars);
        return budget.Take(apiKeyId, amount, _clock.GetUtcNow(), isAgreed: false, out var no) switch
        {
            BudgetAnswer.Taken => ValueTask.FromResult<Result<Reservation>>(new Reservation(this, budget, apiKeyId, amount)),
            BudgetAnswer.Refused => ValueTask.FromResult<Result<Reservation>>(no!),
            _ => new ValueTask<Result<Reservation>>(AgreeAsync(budget, apiKeyId, amount, cancellationToken)),
        };
    }

    internal void Settle(AccountBudget budget, Guid? apiKeyId, long reserved, long cost) => budget.Settle(apiKeyId, reserved, cost, _meter.Spool.Position);

    /// <summary>Tells the other nodes what is held here and reads what is left.</summary>
    internal async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var idleSince = _clock.GetUtcNow() - s_kept;
        foreach (var chunk in _budgets.Values.Chunk(500))
        {
            var shipped = _meter.Spool.ShippedPosition;
            await _store.PublishAsync([.. chunk.SelectMany(budget => budget.Holds().Select(hold => (budget.AccountId, hold.KeyId, hold.Held)))], cancellationToken);
            var facts = await _store.ReadAsync([.. chunk.Select(budget => budget.AccountId)], cancellationToken);
            foreach (var budget in chunk)
            {
                budget.Set(facts[budget.AccountId], shipped, _clock.GetUtcNow());
                if (budget.IsIdle && budget.UsedAt < idleSince)
                {
                    _budgets.TryRemove(budget.AccountId, out _);
                }
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var listening = _notices.Listen(Channel, Forget);
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(s_refresh, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await RefreshAsync(stoppingToken);
                _isAway = false;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                if (!_isAway)
                {
                    _logger.LogWarning("Budgets cannot be read; caps hold by what was known last: {Reason}", error.Message);
                }

                _isAway = true;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Somebody set a cap: empty means that notices may have been missed.</summary>
    private void Forget(string payload)
    {
        foreach (var budget in _budgets.Values.Where(budget => payload.Length == 0 || budget.AccountId.ToString() == payload))
        {
            budget.Forget();
        }
    }

    private async Task<Result<Reservation>> AgreeAsync(AccountBudget budget, Guid? apiKeyId, long amount, CancellationToken cancellationToken)
    {
        await budget.Asking.WaitAsync(cancellationToken);
        try
        {
            var now = _clock.GetUtcNow();
            var answer = BudgetAnswer.AskDatabase;
            Refusal? no = null;
            var shipped = _meter.Spool.ShippedPosition;
            try
            {
                await _store.AgreeAsync(
                    budget.AccountId,
                    facts =>
                    {
                        budget.Set(facts, shipped, now);
                        answer = budget.Take(apiKeyId, amount, now, isAgreed: true, out no);
                    },
                    budget.Holds,
                    cancellationToken);
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException)
            {
                // Not told to the others, but decided; or not even that: then what was known last decides.
                answer = answer == BudgetAnswer.AskDatabase ? budget.Take(apiKeyId, amount, now, isAgreed: true, out no) : answer;
            }

            return answer switch
            {
                BudgetAnswer.Taken => new Reservation(this, budget, apiKeyId, amount),
                BudgetAnswer.Refused => no!,
                _ => BudgetRefusals.Unknown,
            };
        }
        finally
        {
            budget.Asking.Release();
        }
    }
}

/// <summary>Money set aside for one call. The first of <see cref="Settle"/> and <see cref="Release"/> counts. End the metered call first.</summary>
public sealed class Reservation
{
    private readonly BudgetLedger _ledger;
    private readonly AccountBudget _budget;
    private readonly Guid? _apiKeyId;
    private readonly long _reserved;
    private int _over;

    internal Reservation(BudgetLedger ledger, AccountBudget budget, Guid? apiKeyId, long reserved) =>
        (_ledger, _budget, _apiKeyId, _reserved) = (ledger, budget, apiKeyId, reserved);

    public void Settle(long costMicrodollars)
    {
        if (Interlocked.Exchange(ref _over, 1) == 0)
        {
            _ledger.Settle(_budget, _apiKeyId, _reserved, costMicrodollars);
        }
    }

    public void Release() => Settle(0);
}
