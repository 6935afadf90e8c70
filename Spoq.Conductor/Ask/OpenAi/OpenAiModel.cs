using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Spoq.Conductor.Sessions;
using Spoq.Conductor.Tools;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Ask.OpenAi;

/// <summary>A model behind <c>/chat/completions</c> as OpenAI publishes it: OpenAI itself, our own AI proxy, vLLM, Ollama and others.</summary>
internal sealed class OpenAiModel(ModelConfig model, ConductorConfig config, TimeProvider clock) : IAgentModel, IDisposable
{
    private const int Tries = 3;
    private const int LargestEvent = 8 * 1024 * 1024;
    private const int LargestError = 64 * 1024;
    private static readonly TimeSpan s_firstByte = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan s_silence = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        UseCookies = false,
        UseProxy = !model.Url.IsLoopback,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public string Name => model.Name;

    public async IAsyncEnumerable<ModelPiece> AnswerAsync(IReadOnlyList<SessionTurn> turns, IReadOnlyList<Tool> tools, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var body = OpenAiRequest.Write(model.Name, PromptText.System(config.Hostname, clock.GetUtcNow()), turns, tools);
        using var answer = await AskAsync(body, cancellationToken);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var reading = new OpenAiAnswer();
        await using var events = SseParser.Create(stream, (_, data) => data.Length > LargestEvent ? throw Garbled(null) : data.ToArray()).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(events, cancellationToken))
        {
            if (events.Current.Data.AsSpan().SequenceEqual("[DONE]"u8))
            {
                break;
            }

            foreach (var text in Read(reading, events.Current.Data))
            {
                yield return text;
            }
        }

        if (!reading.HasEnded)
        {
            throw BrokeOff(null);
        }

        foreach (var call in reading.Calls())
        {
            yield return new ModelCall(call);
        }

        if (reading.Usage is { } usage)
        {
            yield return usage;
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Until the first byte of the answer it may be tried again; after it, what was said cannot be unsaid.</summary>
    private async Task<HttpResponseMessage> AskAsync(byte[] body, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (answer, error) = await AskOnceAsync(body, cancellationToken);
            if (answer is { IsSuccessStatusCode: true })
            {
                return answer;
            }

            using (answer)
            {
                var isPassing = answer is null || answer.StatusCode is HttpStatusCode.TooManyRequests || (int)answer.StatusCode >= 500;
                var no = answer is null ? NotThere(error) : await RefusedAsync(answer, cancellationToken);
                if (!isPassing || attempt == Tries || no.Code == "insufficient_quota")
                {
                    throw no;
                }

                var wait = answer?.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(attempt);
                await Task.Delay(wait < s_longestWait ? wait : s_longestWait, clock, cancellationToken);
            }
        }
    }

    private async Task<(HttpResponseMessage? Answer, Exception? Error)> AskOnceAsync(byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, model.Url.AbsoluteUri.TrimEnd('/') + "/chat/completions") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        request.Headers.Authorization = model.Key is null ? null : new AuthenticationHeaderValue("Bearer", model.Key);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_firstByte);
        try
        {
            return (await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token), null);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return (null, e);
        }
    }

    private async Task<bool> NextAsync(IAsyncEnumerator<SseItem<byte[]>> events, CancellationToken cancellationToken)
    {
        try
        {
            return await events.MoveNextAsync().AsTask().WaitAsync(s_silence, clock, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
        {
            throw BrokeOff(e);
        }
    }

    private static List<ModelText> Read(OpenAiAnswer reading, byte[] data)
    {
        try
        {
            return reading.Take(data) is { Length: > 0 } text ? [new ModelText(text)] : [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw Garbled(e);
        }
    }

    private static async Task<ModelException> RefusedAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var (code, said) = await OpenAiAnswer.ErrorOfAsync(answer, LargestError, cancellationToken);
        return (int)answer.StatusCode switch
        {
            _ when code == "insufficient_quota" => new ModelException(code, said ?? "Your allowance of AI requests is used up. Raise your limit on the usage page, or wait for the next month."),
            401 or 403 => new ModelException("model_refused", "The model's endpoint did not accept this computer's key. Set this computer up anew, or contact support."),
            404 => new ModelException("model_not_found", "The model that this computer is set to use does not exist any more. Choose another."),
            429 => new ModelException("model_busy", "The model takes no more requests just now. Try again in a minute."),
            >= 500 => new ModelException("model_failed", "The model's endpoint has trouble of its own. Try again in a minute."),
            _ => new ModelException("model_refused", $"The model refused this: {said ?? "no reason was given"}"),
        };
    }

    private static ModelException NotThere(Exception? e) => new("model_unreachable", "The model's endpoint cannot be reached from this computer. Try again in a minute.", e);

    private static ModelException BrokeOff(Exception? e) => new("model_broke_off", "The model's answer broke off. Ask it to go on.", e);

    private static ModelException Garbled(Exception? e) => new("model_garbled", "The model's endpoint sent something that cannot be read. Try again.", e);
}
