using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Spoq.Core;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Usage;
using Spoq.Infrastructure.Ai.Metering;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Ai.Budgets;

/// <summary>
/// Holds the monthly caps by reservation: the worst case is set aside before a call and settled after it. On one node a
/// cap is never passed. Nodes tell each other twice a second, and after each eighth of what was left, what they hold,
/// and agree on every call that is near a cap: together they can pass it by no more than an eighth of what was left
/// half a second before, for each node beyond the first. While PostgreSQL is away each goes by what it knew last.
/// </summary>
public sealed class BudgetLedger : BackgroundService
{
    internal const string Channel = "usage_budget_changed";

    private static readonly TimeSpan s_refresh = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<Guid, AccountBudget> _budgets = [];
    private readonly PatientReading _refreshing = new(s_patience);
    private readonly BudgetStore _store;
    private readonly UsageMeter _meter;
    private readonly Notices _notices;
    private readonly TimeProvider _clock;
    private readonly ILogger<BudgetLedger> _logger;
    private volatile bool _isAway;

    internal BudgetLedger(BudgetStore store, UsageMeter meter, Notices notices, TimeProvider clock, ILogger<BudgetLedger> logger) =>
        (_store, _meter, _notices, _clock, _logger) = (store, meter, notices, clock, logger);

    /// <summary>Completes at once where the account's budget is known on this node and no cap is near.</summary>
    public ValueTask<Result<Reservation>> ReserveAsync(Guid accountId, Guid? apiKeyId, Expense worstCase, CancellationToken cancellationToken)
    {
        worstCase = worstCase.Bounded();
        while (true)
        {
            var budget = _budgets.GetOrAdd(accountId, static id => new AccountBudget(id));
            switch (budget.Take(apiKeyId, worstCase, _clock.GetUtcNow(), isAgreed: _isAway, out var no))
            {
                case BudgetAnswer.Taken:
                    return ValueTask.FromResult<Result<Reservation>>(new Reservation(this, budget, apiKeyId, worstCase));
                case BudgetAnswer.Refused:
                    return ValueTask.FromResult<Result<Reservation>>(no!);
                case BudgetAnswer.AskDatabase:
                    return new ValueTask<Result<Reservation>>(AgreeAsync(budget, apiKeyId, worstCase, cancellationToken));
                default:
                    _budgets.TryRemove(new KeyValuePair<Guid, AccountBudget>(accountId, budget));
                    break;
            }
        }
    }

    internal void Settle(AccountBudget budget, Guid? apiKeyId, in Expense reserved, in Expense spent) => budget.Settle(apiKeyId, reserved, spent, _meter.Spool.Position);

    /// <summary>Tells the other nodes what is held here and reads what was used. Accounts that are asked about at this moment are left out: they have just done both.</summary>
    internal async Task RefreshAsync(CancellationToken cancellationToken)
    {
        var idleSince = _clock.GetUtcNow() - s_kept;
        foreach (var chunk in _budgets.Values.Chunk(500))
        {
            var free = chunk.Where(budget => budget.Asking.Wait(0, CancellationToken.None)).ToList();
            try
            {
                await RefreshAsync(free, idleSince, cancellationToken);
            }
            finally
            {
                free.ForEach(budget => budget.Asking.Release());
            }
        }
    }

    private async Task RefreshAsync(List<AccountBudget> budgets, DateTimeOffset idleSince, CancellationToken cancellationToken)
    {
        var shipped = _meter.Spool.ShippedPosition;
        await _store.PublishAsync([.. budgets.SelectMany(budget => budget.Tell().Select(hold => (budget.AccountId, hold.KeyId, hold.Held)))], cancellationToken);
        var facts = await _store.ReadAsync([.. budgets.Select(budget => budget.AccountId)], cancellationToken);
        foreach (var budget in budgets)
        {
            budget.Set(facts[budget.AccountId], shipped, _clock.GetUtcNow());
            if (budget.TryRetire(idleSince))
            {
                _budgets.TryRemove(new KeyValuePair<Guid, AccountBudget>(budget.AccountId, budget));
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
                await _refreshing.RunAsync(RefreshAsync, stoppingToken);
                _isAway = false;
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                if (!_isAway)
                {
                    _logger.LogWarning("Budgets cannot be read; caps hold by what was known last: {Reason}", error.Message);
                }

                _isAway = true;
            }
            catch (Exception)
            {
                return;
            }
        }
    }

    /// <summary>Somebody set a cap. Empty means that notices may have been missed, and the next refresh reads all: what is known stays until then, for PostgreSQL may be gone again.</summary>
    private void Forget(string payload)
    {
        foreach (var budget in _budgets.Values.Where(budget => budget.AccountId.ToString() == payload))
        {
            budget.Forget();
        }
    }

    private async Task<Result<Reservation>> AgreeAsync(AccountBudget budget, Guid? apiKeyId, Expense amount, CancellationToken cancellationToken)
    {
        if (!await budget.Asking.WaitAsync(s_patience, cancellationToken))
        {
            // Whoever has the turn hears nothing from PostgreSQL.
            return Answer(budget, apiKeyId, amount, budget.Take(apiKeyId, amount, _clock.GetUtcNow(), isAgreed: true, out var unheard), unheard);
        }

        try
        {
            if (budget.IsRetired)
            {
                return await ReserveAsync(budget.AccountId, apiKeyId, amount, cancellationToken);
            }

            var now = _clock.GetUtcNow();
            var answer = budget.Take(apiKeyId, amount, now, isAgreed: false, out var no);
            if (answer != BudgetAnswer.AskDatabase)
            {
                // Whoever had the turn before has asked for both.
                return Answer(budget, apiKeyId, amount, answer, no);
            }

            if (_isAway)
            {
                // They ask one after the other: none of them waits to find what is known.
                return Answer(budget, apiKeyId, amount, budget.Take(apiKeyId, amount, now, isAgreed: true, out no), no);
            }

            var decision = new Decision(budget, apiKeyId, amount, now, _meter.Spool.ShippedPosition);
            try
            {
                await _store.AgreeAsync(budget.AccountId, decision.Make, budget.Tell, CancellationToken.None).WaitAsync(s_patience, cancellationToken);
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException)
            {
                // Not told to the others, but decided; or not even that: then what was known last decides.
            }
            catch (OperationCanceledException)
            {
                if (decision.Withdraw())
                {
                    Settle(budget, apiKeyId, amount, default);
                }

                throw;
            }

            (answer, no) = decision.End();
            return Answer(budget, apiKeyId, amount, answer, no);
        }
        finally
        {
            budget.Asking.Release();
        }
    }

    private Result<Reservation> Answer(AccountBudget budget, Guid? apiKeyId, in Expense amount, BudgetAnswer answer, Refusal? no) => answer switch
    {
        BudgetAnswer.Taken => new Reservation(this, budget, apiKeyId, amount),
        BudgetAnswer.Refused => no!,
        _ => BudgetRefusals.Unknown,
    };
}

/// <summary>Money set aside for one call. The first of <see cref="Settle"/> and <see cref="Release"/> counts. End the metered call first.</summary>
public sealed class Reservation
{
    private readonly BudgetLedger _ledger;
    private readonly AccountBudget _budget;
    private readonly Guid? _apiKeyId;
    private readonly Expense _reserved;
    private int _over;

    internal Reservation(BudgetLedger ledger, AccountBudget budget, Guid? apiKeyId, Expense reserved) =>
        (_ledger, _budget, _apiKeyId, _reserved) = (ledger, budget, apiKeyId, reserved);

    public void Settle(in Expense spent)
    {
        if (Interlocked.Exchange(ref _over, 1) == 0)
        {
            _ledger.Settle(_budget, _apiKeyId, _reserved, spent);
        }
    }

    public void Release() => Settle(default);
}
