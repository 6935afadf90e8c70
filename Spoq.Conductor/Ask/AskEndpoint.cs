using System.Text;
using Spoq.Core;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Ask;

/// <summary><c>POST /api/ask</c>.</summary>
internal sealed class AskEndpoint(IAgentModel model, SessionStore sessions, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<AskEndpoint> log)
{
    private const int MaxPromptBytes = 256 * 1024;

    private readonly Entrance<AskRequest> _entrance = new(WireJson.Default.AskRequest, Check);

    public Task HandleAsync(HttpContext context) => _entrance.AdmitAsync(context, AskAsync);

    private static Refusal? Check(AskRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Prompt))
        {
            return ConductorRefusals.PromptEmpty;
        }

        return Encoding.UTF8.GetByteCount(request.Prompt) > MaxPromptBytes ? ConductorRefusals.PromptTooLong : null;
    }

    private async Task AskAsync(HttpContext context, AskRequest request)
    {
        var conversationId = request.ConversationId ?? Guid.CreateVersion7();
        if (!sessions.TryBegin(conversationId))
        {
            await Problems.WriteAsync(context, ConductorRefusals.ConversationBusy);
            return;
        }

        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        EventStream? stream = null;
        try
        {
            try
            {
                var turns = await sessions.ReadAsync(conversationId, stopped.Token);
                stream = await EventStream.StartAsync(context);
                await AnswerAsync(stream, turns, conversationId, request.Prompt, stopped.Token);
            }
            finally
            {
                sessions.End(conversationId);
            }

            // Only now: whoever reads this may ask on at once.
            await SendAsync(stream, "done", new AskDone(conversationId), stopped.Token);
        }
        catch (OperationCanceledException) when (stream is not null && !context.RequestAborted.IsCancellationRequested)
        {
            await SendAsync(stream, "error", new AskFailed("stopping", "This computer is stopping. Ask again when it is back."), CancellationToken.None);
        }
        catch (Exception e) when (stream is not null && e is (IOException or UnauthorizedAccessException) && !context.RequestAborted.IsCancellationRequested)
        {
            log.LogError(e, "A conversation could not be kept.");
            await SendAsync(stream, "error", new AskFailed("conversation_not_kept", "This computer could not save the conversation. Free some disk space, then ask again."), stopped.Token);
        }
        catch (Exception e) when (stream is not null && e is not OperationCanceledException && !context.RequestAborted.IsCancellationRequested)
        {
            log.LogError(e, "The model failed to answer.");
            await SendAsync(stream, "error", new AskFailed("model_failed", "The model could not answer. Try again."), stopped.Token);
        }
        finally
        {
            if (stream is not null)
            {
                await stream.DisposeAsync();
            }
        }
    }

    private async Task AnswerAsync(EventStream stream, List<SessionTurn> turns, Guid conversationId, string prompt, CancellationToken cancellationToken)
    {
        var asked = new SessionTurn("user", prompt, clock.GetUtcNow());
        var answer = new StringBuilder();
        try
        {
            await foreach (var piece in model.AnswerAsync([.. turns, asked], cancellationToken))
            {
                await SendAsync(stream, piece, answer, cancellationToken);
            }
        }
        finally
        {
            // Whoever hung up asked nevertheless: the next turn must know what was said.
            await sessions.AppendAsync(conversationId, [asked, new SessionTurn("assistant", answer.ToString(), clock.GetUtcNow())], CancellationToken.None);
        }
    }

    private async Task SendAsync(EventStream stream, ModelPiece piece, StringBuilder answer, CancellationToken cancellationToken)
    {
        switch (piece)
        {
            case ModelText text:
                answer.Append(text.Text);
                await SendAsync(stream, "text", new AskText(text.Text), cancellationToken);
                break;
            case ModelUsage usage:
                await SendAsync(stream, "usage", new AskUsage(model.Name, usage.InputTokens, usage.OutputTokens), cancellationToken);
                break;
        }
    }

    private static Task SendAsync(EventStream stream, string name, AskEvent happened, CancellationToken cancellationToken) =>
        stream.SendAsync(name, happened, WireJson.Default.AskEvent, cancellationToken);
}
