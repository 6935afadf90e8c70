using Spoq.Core;
using Spoq.Core.Ai.Usage;

namespace Spoq.Infrastructure.Ai.Budgets;

/// <summary>Made once: by what PostgreSQL says, or, when that takes too long, by what was known last.</summary>
internal sealed class Decision(AccountBudget budget, Guid? apiKeyId, Expense amount, DateTimeOffset now, long shipped)
{
    private readonly Lock _lock = new();
    private BudgetAnswer? _answer;
    private Refusal? _no;

    /// <returns>False: nobody waits for it any more, and nothing was set aside.</returns>
    public bool Make(BudgetFacts facts)
    {
        lock (_lock)
        {
            if (_answer is not null)
            {
                return false;
            }

            budget.Set(facts, shipped, now);
            _answer = budget.Take(apiKeyId, amount, now, isAgreed: true, out _no);
            return true;
        }
    }

    public (BudgetAnswer Answer, Refusal? No) End()
    {
        lock (_lock)
        {
            _answer ??= budget.Take(apiKeyId, amount, now, isAgreed: true, out _no);
            return (_answer.Value, _no);
        }
    }

    /// <returns>Whether something had been set aside.</returns>
    public bool Withdraw()
    {
        lock (_lock)
        {
            var wasTaken = _answer == BudgetAnswer.Taken;
            _answer = BudgetAnswer.Refused;
            return wasTaken;
        }
    }
}
