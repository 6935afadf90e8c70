using System.Collections.Concurrent;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Ask;

/// <summary>Turns that wait for a person's word.</summary>
internal sealed class Approvals(TimeProvider clock)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<(Guid, string), TaskCompletionSource<string>> _waiting = new();

    public async Task DecideAsync(HttpContext context)
    {
        var read = await RequestBody.ReadAsync(context, WireJson.Default.ApprovalRequest);
        var no = !read.Try(out var said, out var refusal) ? refusal
            : said.Decision is not ("allow" or "always" or "deny") ? ConductorRefusals.DecisionInvalid
            : _waiting.TryRemove((said.ConversationId, said.CallId), out var waiting) && waiting.TrySetResult(said.Decision) ? null
            : ConductorRefusals.NothingToApprove;
        await (no is null ? Answers.NoContent(context) : Problems.WriteAsync(context, no));
    }

    /// <param name="conversationId">Whose turn waits.</param>
    /// <param name="callId">What for.</param>
    /// <param name="asked">Asks the person; the answer may come while it still runs.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns><c>allow</c>, <c>always</c> or <c>deny</c>; who says nothing has not agreed.</returns>
    public async Task<string> WaitAsync(Guid conversationId, string callId, Func<Task> asked, CancellationToken cancellationToken)
    {
        var waiting = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[(conversationId, callId)] = waiting;
        try
        {
            await asked();
            return await waiting.Task.WaitAsync(s_patience, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return "deny";
        }
        finally
        {
            _waiting.TryRemove((conversationId, callId), out _);
        }
    }
}
