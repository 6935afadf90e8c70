using System.Text;
using Spoq.Core;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Ask;

/// <summary><c>POST /api/ask</c>.</summary>
internal sealed class AskEndpoint(IAgentModel model, SessionStore sessions, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<AskEndpoint> log)
{
    private const int MaxPromptBytes = 256 * 1024;
    private const int MaxAtOnce = 16;

    private readonly Room _room = new(MaxAtOnce);

    public async Task HandleAsync(HttpContext context)
    {
        var read = await RequestBody.ReadAsync(context, WireJson.Default.AskRequest);
        if (!read.Try(out var request, out var refusal) || (refusal = Check(request)) is not null)
        {
            await Problems.WriteAsync(context, refusal);
            return;
        }

        if (!_room.TryEnter())
        {
            await Problems.WriteAsync(context, ConductorRefusals.TooManyAtOnce);
            return;
        }

        var conversationId = request.ConversationId ?? Guid.CreateVersion7();
        try
        {
            if (!sessions.TryBegin(conversationId))
            {
                await Problems.WriteAsync(context, ConductorRefusals.ConversationBusy);
                return;
            }

            await AnswerAsync(context, request.Prompt, conversationId);
        }
        finally
        {
            _room.Leave();
        }
    }

    private static Refusal? Check(AskRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Prompt))
        {
            return ConductorRefusals.PromptEmpty;
        }

        return Encoding.UTF8.GetByteCount(request.Prompt) > MaxPromptBytes ? ConductorRefusals.PromptTooLong : null;
    }

    private async Task AnswerAsync(HttpContext context, string prompt, Guid conversationId)
    {
        var asked = new SessionTurn("user", prompt, clock.GetUtcNow());
        var answer = new StringBuilder();
        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            var turns = await sessions.ReadAsync(conversationId, stopped.Token);
            await using var stream = await EventStream.StartAsync(context);
            try
            {
                await foreach (var piece in model.AnswerAsync([.. turns, asked], stopped.Token))
                {
                    await SendAsync(stream, piece, answer, stopped.Token);
                }

                await SendAsync(stream, "done", new AskDone(conversationId), stopped.Token);
            }
            catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
            {
                await SendAsync(stream, "error", new AskFailed("stopping", "This computer is stopping. Ask again when it is back."), CancellationToken.None);
            }
            catch (Exception e) when (e is not (OperationCanceledException or IOException))
            {
                log.LogError(e, "The model failed to answer.");
                await SendAsync(stream, "error", new AskFailed("model_failed", "The model could not answer. Try again."), stopped.Token);
            }
        }
        finally
        {
            // Whoever hung up asked nevertheless: the next turn must know what was said.
            await sessions.AppendAsync(conversationId, [asked, new SessionTurn("assistant", answer.ToString(), clock.GetUtcNow())], CancellationToken.None);
            sessions.End(conversationId);
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
