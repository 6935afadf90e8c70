using System.Text;
using Spoq.Conductor.Sessions;
using Spoq.Core;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Ask;

/// <summary><c>POST /api/ask</c>.</summary>
internal sealed class AskEndpoint(AgentLoop loop, AskFiles files, SessionStore sessions, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<AskEndpoint> log)
{
    private const int MaxPromptBytes = 256 * 1024;

    /// <summary>Four MiB of text, and what JSON makes of it.</summary>
    private const long MaxBodyBytes = 16 * 1024 * 1024;

    private readonly Entrance<AskRequest> _entrance = new(WireJson.Default.AskRequest, Check, MaxBodyBytes);

    public Task HandleAsync(HttpContext context) => _entrance.AdmitAsync(context, AskAsync);

    private static Refusal? Check(AskRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Prompt))
        {
            return ConductorRefusals.PromptEmpty;
        }

        if (request.Approval is not (null or "auto" or "ask" or "never"))
        {
            return ConductorRefusals.ApprovalInvalid;
        }

        return Encoding.UTF8.GetByteCount(request.Prompt) > MaxPromptBytes ? ConductorRefusals.PromptTooLong : AskFiles.Check(request.Files);
    }

    private async Task AskAsync(HttpContext context, AskRequest request)
    {
        if (!(await files.LoadAsync(request.Files, context.RequestAborted)).Try(out var attached, out var refusal))
        {
            await Problems.WriteAsync(context, refusal);
            return;
        }

        var conversationId = request.ConversationId ?? Guid.CreateVersion7();
        if (!sessions.TryBegin(conversationId))
        {
            await Problems.WriteAsync(context, ConductorRefusals.ConversationBusy);
            return;
        }

        var asked = new SessionTurn("user", request.Prompt, clock.GetUtcNow()) { Files = attached.Count > 0 ? attached : null };
        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        EventStream? stream = null;
        try
        {
            try
            {
                var turns = await sessions.ReadAsync(conversationId, stopped.Token);
                stream = await EventStream.StartAsync(context);
                await AnswerAsync(stream, [.. turns, asked], conversationId, request, stopped.Token);
            }
            finally
            {
                sessions.End(conversationId);
            }

            // Only now: whoever reads this may ask on at once.
            await SendAsync(stream, new AskDone(conversationId), stopped.Token);
        }
        catch (Exception e) when (stream is not null && !context.RequestAborted.IsCancellationRequested)
        {
            await SendAsync(stream, Explain(e), CancellationToken.None);
        }
        finally
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
        }
    }

    private async Task AnswerAsync(EventStream stream, List<SessionTurn> turns, Guid conversationId, AskRequest request, CancellationToken cancellationToken)
    {
        // Whoever hangs up asked nevertheless, so keeping is not cancelled.
        Task KeepAsync(SessionTurn turn) => sessions.AppendAsync(conversationId, [turn], CancellationToken.None);
        await KeepAsync(turns[^1]);
        await loop.RunAsync(turns, request, conversationId, new TurnOutput((happened, token) => SendAsync(stream, happened, token), KeepAsync), cancellationToken);
    }

    private AskFailed Explain(Exception e)
    {
        switch (e)
        {
            case OperationCanceledException:
                return new AskFailed("stopping", "This computer is stopping. Ask again when it is back.");
            case ModelException no:
                log.LogWarning("A question was not answered: {Code}", no.Code);
                return new AskFailed(no.Code, no.Message);
            case IOException or UnauthorizedAccessException:
                log.LogError(e, "A conversation could not be kept.");
                return new AskFailed("conversation_not_kept", "This computer could not save the conversation. Free some disk space, then ask again.");
            default:
                log.LogError(e, "The model failed to answer.");
                return new AskFailed("model_failed", "The model could not answer. Try again.");
        }
    }

    private static Task SendAsync(EventStream stream, AskEvent happened, CancellationToken cancellationToken)
    {
        var name = happened switch
        {
            AskText => "text",
            AskToolCall => "tool_call",
            AskApproval => "approval",
            AskToolResult => "tool_result",
            AskUsage => "usage",
            AskDone => "done",
            _ => "error",
        };
        return stream.SendAsync(name, happened, WireJson.Default.AskEvent, cancellationToken);
    }
}
