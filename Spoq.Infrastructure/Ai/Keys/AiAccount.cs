using Spoq.Core;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Limits;
using Spoq.Infrastructure.Ai.Upstreams;

namespace Spoq.Infrastructure.Ai.Keys;

/// <summary>Whether an account may use models, as it was read last.</summary>
/// <param name="Plans">Keys of the plans in force, grace included.</param>
/// <param name="HadPlan">It had one once.</param>
/// <param name="LockedUntil">Until when it is suspended, in ticks.</param>
public sealed record AccountTerms(IReadOnlyList<string> Plans, bool HadPlan, long LockedUntil);

/// <summary>An account as the proxy knows it. Its limits live as long as the process; its terms are read anew.</summary>
public sealed class AiAccount(Guid id, AiLimits limits)
{
    private volatile AccountTerms _terms = new([], false, 0);
    private long _usedAt;

    public Guid Id => id;

    public AiLimits Limits => limits;

    public AccountTerms Terms
    {
        get => _terms;
        set => _terms = value;
    }

    /// <summary>When it was last asked for, in ticks.</summary>
    internal long UsedAt => Volatile.Read(ref _usedAt);

    internal void Use(long now) => Volatile.Write(ref _usedAt, now);

    public bool IsLocked(long now) => now < _terms.LockedUntil;

    /// <summary>Null: it may.</summary>
    public Refusal? Check(AiModel model, bool needsPlan)
    {
        var terms = _terms;
        if (terms.Plans.Count == 0 && (needsPlan || terms.HadPlan))
        {
            return terms.HadPlan ? AiRefusals.PlanInactive : AiRefusals.PlanRequired;
        }

        return terms.Plans.Count == 0 || model.IsIn(terms.Plans) ? null : AiRefusals.ModelNotInPlan(model.Name);
    }
}

/// <summary>Who asks.</summary>
/// <param name="KeyId">Null: an access token was shown.</param>
/// <param name="KeyLimits">Null: the account's count alone.</param>
public readonly record struct AiCaller(AiAccount Account, Guid? KeyId, AiLimits? KeyLimits)
{
    /// <summary>Null: within the requests of a minute, and a place among the answers that run is held until <see cref="Leave"/>.</summary>
    public Refusal? Enter(long now, RateShare share)
    {
        if (KeyLimits?.Enter(now, share) is { } no)
        {
            return no;
        }

        if (Account.Limits.Enter(now, share) is { } alsoNo)
        {
            KeyLimits?.Leave();
            return alsoNo;
        }

        return null;
    }

    public void Leave()
    {
        KeyLimits?.Leave();
        Account.Limits.Leave();
    }
}
