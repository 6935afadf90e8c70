using Spoq.Core;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Usage;

namespace Spoq.Infrastructure.Ai.Budgets;

/// <summary>What PostgreSQL says of an account's month, at one moment.</summary>
/// <param name="Held">What other nodes have admitted.</param>
/// <param name="Keys">Every live key of the account.</param>
internal sealed record BudgetFacts(DateOnly Month, Allowance Allowance, long Held, IReadOnlyDictionary<Guid, KeyFacts> Keys);

/// <param name="Cap">Null: the account's only.</param>
internal sealed record KeyFacts(long? Cap, long Spent, long Held);

internal enum BudgetAnswer
{
    Taken,
    Refused,

    /// <summary>Unknown here, or so near to a cap that the nodes must agree.</summary>
    AskDatabase,
}

/// <summary>
/// One account's money on this node: what PostgreSQL says is left, less what is set aside or was spent here and is not
/// there yet. The first is only ever set, never counted on, so that it cannot drift.
/// </summary>
internal sealed class AccountBudget(Guid accountId)
{
    /// <summary>Within so many worst cases of a cap, the nodes agree through PostgreSQL on each call.</summary>
    private const int NearCap = 4;

    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Purse> _keys = [];
    private readonly Purse _all = new();
    private BudgetFacts? _facts;
    private DateTimeOffset _readAt;

    public Guid AccountId { get; } = accountId;

    /// <summary>One question to PostgreSQL at a time.</summary>
    public SemaphoreSlim Asking { get; } = new(1, 1);

    public DateTimeOffset UsedAt { get; private set; }

    public bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return _all.Held == 0;
            }
        }
    }

    public BudgetAnswer Take(Guid? keyId, long amount, DateTimeOffset now, bool isAgreed, out Refusal? no)
    {
        lock (_lock)
        {
            no = null;
            UsedAt = now;
            if (_facts is not { } facts || facts.Month != MonthOf(now) || (keyId is { } id && !facts.Keys.ContainsKey(id) && !isAgreed))
            {
                return BudgetAnswer.AskDatabase;
            }

            var left = facts.Allowance.Left - facts.Held - _all.Held;
            no = left < amount ? BudgetRefusals.AccountCap : null;
            if (keyId is { } known && facts.Keys.GetValueOrDefault(known) is { Cap: { } cap } key)
            {
                var keyLeft = cap - key.Spent - key.Held - PurseOf(known).Held;
                no ??= keyLeft < amount ? BudgetRefusals.KeyCap : null;
                left = Math.Min(left, keyLeft);
            }

            // Who is out of money and keeps asking is told so from memory.
            var isFresh = no is not null && now - _readAt < s_fresh;
            if (!isAgreed && !isFresh && left / NearCap < amount)
            {
                return BudgetAnswer.AskDatabase;
            }

            if (no is not null)
            {
                return BudgetAnswer.Refused;
            }

            _all.Reserved += amount;
            if (keyId is { } paying)
            {
                PurseOf(paying).Reserved += amount;
            }

            return BudgetAnswer.Taken;
        }
    }

    /// <param name="position">The spool's: when PostgreSQL holds all before it, it holds this cost.</param>
    public void Settle(Guid? keyId, long reserved, long cost, long position)
    {
        lock (_lock)
        {
            _all.Settle(reserved, cost, position);
            if (keyId is { } id)
            {
                PurseOf(id).Settle(reserved, cost, position);
            }
        }
    }

    /// <param name="facts">As read after <paramref name="shipped"/> was.</param>
    /// <param name="shipped">The spool's position up to which the facts hold every event.</param>
    public void Set(BudgetFacts facts, long shipped, DateTimeOffset now)
    {
        lock (_lock)
        {
            (_facts, _readAt) = (facts, now);
            _all.Forget(shipped);
            foreach (var (id, purse) in _keys)
            {
                purse.Forget(shipped);
                if (purse.Held == 0)
                {
                    _keys.Remove(id);
                }
            }
        }
    }

    /// <summary>What the other nodes must leave room for: of the account (all zero) and of each key.</summary>
    public IReadOnlyList<(Guid KeyId, long Held)> Holds()
    {
        lock (_lock)
        {
            return [(Guid.Empty, _all.Held), .. _keys.Select(pair => (pair.Key, pair.Value.Held))];
        }
    }

    public void Forget()
    {
        lock (_lock)
        {
            _facts = null;
        }
    }

    public static DateOnly MonthOf(DateTimeOffset now) => new(now.UtcDateTime.Year, now.UtcDateTime.Month, 1);

    private Purse PurseOf(Guid keyId) => _keys.TryGetValue(keyId, out var purse) ? purse : _keys[keyId] = new Purse();

    private sealed class Purse
    {
        private readonly Queue<(long Position, long Cost)> _unshipped = [];
        private long _unshippedCost;

        public long Reserved { get; set; }

        public long Held => Reserved + _unshippedCost;

        public void Settle(long reserved, long cost, long position)
        {
            Reserved -= reserved;
            if (cost > 0)
            {
                _unshipped.Enqueue((position, cost));
                _unshippedCost += cost;
            }
        }

        public void Forget(long shipped)
        {
            while (_unshipped.TryPeek(out var first) && first.Position <= shipped)
            {
                _unshipped.Dequeue();
                _unshippedCost -= first.Cost;
            }
        }
    }
}
