using Spoq.Core.Ai;
using Spoq.Core.Ai.Usage;
using Spoq.Infrastructure.Ai.Budgets;
using Spoq.Infrastructure.Ai.Keys;
using Spoq.Infrastructure.Ai.Limits;
using Spoq.Infrastructure.Ai.Metering;
using Spoq.Infrastructure.Ai.Upstreams;

namespace Spoq.Web.Ai;

/// <summary>A request that was let in, and all that must be put right when it is over, however it ends.</summary>
internal sealed class AiCall(AiOperation operation, AiRequest request, AiModel model, AiCaller caller) : IDisposable
{
    /// <summary>Far above what any model gives: a bound for the arithmetic only.</summary>
    private const long MostEver = 10_000_000;

    private bool _hasTokens;
    private bool _isSettled;

    public AiOperation Operation => operation;

    public AiForm Form => operation.Form();

    public AiRequest Request => request;

    public AiModel Model => model;

    public AiCaller Caller => caller;

    /// <summary>Of the first upstream's call; every further one has its own.</summary>
    public required Guid RequestId { get; init; }

    public required RateShare Share { get; init; }

    public required BodyBudget Bodies { get; init; }

    public required TimeProvider Clock { get; init; }

    public Reservation? Reservation { get; set; }

    /// <summary>The call of the upstream that is under way.</summary>
    public MeteredCall? Metered { get; set; }

    public long StartedAt { get; set; }

    /// <summary>Part of an answer came from the upstream: it is paid for, whatever happens now.</summary>
    public bool HasBegun { get; set; }

    /// <summary>What it may cost at most: the whole prompt, in the class that is dearest, and the longest answer it allows.</summary>
    public Expense WorstCase
    {
        get
        {
            var (price, prompt, output) = (model.Price!, request.PromptTokensAtMost, MostOutput);
            var written = Math.Max(price.Cost(new TokenUsage(0, 0, prompt, output, 0)), price.Cost(new TokenUsage(0, 0, prompt, output, 0) { CacheWriteForHour = prompt }));
            return new Expense(prompt, output, Math.Max(written, Math.Max(price.Cost(new TokenUsage(prompt, 0, 0, output, 0)), price.Cost(new TokenUsage(0, prompt, 0, output, 0)))));
        }
    }

    private long MostOutput => operation == AiOperation.Embedding ? 0 : Math.Min(request.MaxOutput ?? model.MaxOutput, MostEver) * Math.Max(1, request.Choices);

    /// <summary>Null: the prompt's tokens are within both limits and are taken.</summary>
    public Core.Refusal? TakeTokens()
    {
        var now = Clock.GetUtcNow().UtcTicks;
        if (caller.KeyLimits?.TakeTokens(request.PromptTokens, now, Share) is { } no)
        {
            return no;
        }

        if (caller.Account.Limits.TakeTokens(request.PromptTokens, now, Share) is { } alsoNo)
        {
            caller.KeyLimits?.Tokens.Correct(-request.PromptTokens, now, Share);
            return alsoNo;
        }

        _hasTokens = true;
        return null;
    }

    /// <summary>The upstream's call is over: counted, paid for, and taken from the minute's tokens.</summary>
    public void End(in TokenUsage usage, bool estimated, int status)
    {
        if (_isSettled)
        {
            return;
        }

        _isSettled = true;
        Metered!.End(usage, estimated, status, Clock.GetElapsedTime(StartedAt));
        Reservation!.Settle(Expense.Of(usage, model.Price!));
        Correct(usage.Total - request.PromptTokens);
    }

    /// <summary>The last word on the usage did not come: what was seen passing is counted.</summary>
    /// <param name="output">Tokens of output that passed, at the least.</param>
    /// <param name="status">What the caller was answered.</param>
    /// <param name="soFar">What the upstream had told of the prompt.</param>
    public void EndEstimated(long output, int status, in TokenUsage? soFar = null)
    {
        var known = soFar ?? new TokenUsage(request.PromptTokens, 0, 0, 0, 0);
        End(known with { Output = output, Reasoning = 0 }, true, status);
    }

    /// <summary>Whatever was not ended is owed by nobody, unless its answer had begun.</summary>
    public void Dispose()
    {
        if (!_isSettled && HasBegun)
        {
            EndEstimated(0, StatusCodes.Status500InternalServerError);
        }
        else if (!_isSettled)
        {
            Metered?.Abandon();
            Reservation?.Release();
            if (_hasTokens)
            {
                Correct(-request.PromptTokens);
            }
        }
    }

    private void Correct(long tokens)
    {
        var now = Clock.GetUtcNow().UtcTicks;
        caller.KeyLimits?.Tokens.Correct(tokens, now, Share);
        caller.Account.Limits.Tokens.Correct(tokens, now, Share);
    }
}
