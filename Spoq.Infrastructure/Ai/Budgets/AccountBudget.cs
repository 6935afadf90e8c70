using Spoq.Core;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Usage;

namespace Spoq.Infrastructure.Ai.Budgets;

/// <summary>What PostgreSQL says of an account's month, at one moment.</summary>
/// <param name="Held">What other nodes have admitted.</param>
/// <param name="Keys">Every live key of the account.</param>
internal sealed record BudgetFacts(DateOnly Month, Allowance Allowance, Expense Held, IReadOnlyDictionary<Guid, KeyFacts> Keys);

/// <param name="Cap">Null: the account's only.</param>
internal sealed record KeyFacts(long? Cap, Expense Used, Expense Held);

internal enum BudgetAnswer
{
    Taken,
    Refused,

    /// <summary>Unknown here, or so near to a cap that the nodes must agree.</summary>
    AskDatabase,

    /// <summary>Nobody keeps this one any more: take the account's next.</summary>
    Retired,
}

/// <summary>
/// One account's money on this node: what PostgreSQL says was used, and what is set aside or was spent here and is not
/// there yet. The first is only ever set, never counted on, so that it cannot drift.
/// </summary>
internal sealed class AccountBudget(Guid accountId)
{
    /// <summary>
    /// A node admits so small a part of what is left before the others hear of it; so within as many worst cases of a cap
    /// the nodes agree through PostgreSQL on each call.
    /// </summary>
    private const int PartUntold = 8;

    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Purse> _keys = [];
    private readonly Purse _all = new();
    private BudgetFacts? _facts;
    private Expense _untold;
    private DateTimeOffset _readAt;
    private DateTimeOffset _usedAt;
    private bool _isRetired;

    public Guid AccountId { get; } = accountId;

    /// <summary>
    /// One question to PostgreSQL at a time, from the reading of the spool's position to the setting of the facts: so no
    /// older answer follows a newer one, and what is told to other nodes is never older than what they were told before.
    /// </summary>
    public SemaphoreSlim Asking { get; } = new(1, 1);

    public bool IsRetired
    {
        get
        {
            lock (_lock)
            {
                return _isRetired;
            }
        }
    }

    public BudgetAnswer Take(Guid? keyId, in Expense amount, DateTimeOffset now, bool isAgreed, out Refusal? no)
    {
        lock (_lock)
        {
            no = null;
            if (_isRetired)
            {
                return BudgetAnswer.Retired;
            }

            _usedAt = now;
            if (_facts is not { } facts || facts.Month != MonthOf(now) || (keyId is { } id && !facts.Keys.ContainsKey(id) && !isAgreed))
            {
                return BudgetAnswer.AskDatabase;
            }

            no = Refuses(facts, keyId, amount);

            // Who is out of money and keeps asking is told so from memory.
            var isFresh = no is not null && now - _readAt < s_fresh;
            if (!isAgreed && !isFresh && Refuses(facts, keyId, (_untold + amount) * PartUntold) is not null)
            {
                return BudgetAnswer.AskDatabase;
            }

            if (no is not null)
            {
                return BudgetAnswer.Refused;
            }

            _untold += amount;
            _all.Reserve(amount);
            if (keyId is { } paying)
            {
                PurseOf(paying).Reserve(amount);
            }

            return BudgetAnswer.Taken;
        }
    }

    /// <param name="position">The spool's: when PostgreSQL holds all before it, it holds this expense.</param>
    public void Settle(Guid? keyId, in Expense reserved, in Expense spent, long position)
    {
        lock (_lock)
        {
            _all.Settle(reserved, spent, position);
            if (keyId is { } id)
            {
                PurseOf(id).Settle(reserved, spent, position);
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
                if (purse.IsEmpty)
                {
                    _keys.Remove(id);
                }
            }
        }
    }

    /// <summary>To tell the other nodes what they must leave room for: of the account (all zero) and of each key.</summary>
    public IReadOnlyList<(Guid KeyId, Expense Held)> Tell()
    {
        lock (_lock)
        {
            _untold = default;
            return [(Guid.Empty, _all.Held), .. _keys.Select(pair => (pair.Key, pair.Value.Held))];
        }
    }

    /// <summary>The facts may be wrong: they are read again before they are used.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _facts = null;
        }
    }

    /// <summary>From now on nothing is taken here: whoever found this before takes what follows it.</summary>
    public bool TryRetire(DateTimeOffset unusedSince)
    {
        lock (_lock)
        {
            return _isRetired = _all.IsEmpty && _usedAt < unusedSince;
        }
    }

    public static DateOnly MonthOf(DateTimeOffset now) => new(now.UtcDateTime.Year, now.UtcDateTime.Month, 1);

    private Refusal? Refuses(BudgetFacts facts, Guid? keyId, in Expense amount)
    {
        if (!facts.Allowance.Covers(facts.Held + _all.Held + amount))
        {
            return BudgetRefusals.AccountCap;
        }

        return keyId is { } id && facts.Keys.GetValueOrDefault(id) is { Cap: { } cap } key && (key.Used + key.Held + HeldOf(id) + amount).At(facts.Allowance.Price) > cap
            ? BudgetRefusals.KeyCap
            : null;
    }

    private Expense HeldOf(Guid keyId) => _keys.TryGetValue(keyId, out var purse) ? purse.Held : default;

    private Purse PurseOf(Guid keyId) => _keys.TryGetValue(keyId, out var purse) ? purse : _keys[keyId] = new Purse();

    private sealed class Purse
    {
        private readonly Queue<(long Position, Expense Spent)> _unshipped = [];
        private Expense _unshippedSum;
        private Expense _reserved;
        private int _open;

        public Expense Held => _reserved + _unshippedSum;

        /// <summary>Also no call is open that had nothing set aside.</summary>
        public bool IsEmpty => _open == 0 && _unshipped.Count == 0;

        public void Reserve(in Expense amount)
        {
            _reserved += amount;
            _open++;
        }

        public void Settle(in Expense reserved, in Expense spent, long position)
        {
            _reserved -= reserved;
            _open--;
            if (!spent.IsNothing)
            {
                _unshipped.Enqueue((position, spent));
                _unshippedSum += spent;
            }
        }

        public void Forget(long shipped)
        {
            while (_unshipped.TryPeek(out var first) && first.Position <= shipped)
            {
                _unshipped.Dequeue();
                _unshippedSum -= first.Spent;
            }
        }
    }
}
