using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spoq.Core.Ai;

namespace Spoq.Infrastructure.Ai.Upstreams;

/// <summary>
/// The development model <c>spoq-echo</c>: an upstream of the OpenAI form that says the last words back, token by
/// token, with counts that are true. It needs no key and no network.
/// </summary>
internal sealed class EchoHandler(TimeProvider clock, TimeSpan delay) : HttpMessageHandler
{
    public const string Model = "spoq-echo";

    private const int MostTokens = 4096;
    private const int Dimensions = 64;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await request.Content!.CopyToAsync(body, cancellationToken);
        var asked = JsonNode.Parse(body.GetBuffer().AsSpan(0, (int)body.Length))!.AsObject();
        var isChat = request.RequestUri!.AbsolutePath.EndsWith("/chat/completions", StringComparison.Ordinal);
        if (request.RequestUri.AbsolutePath.EndsWith("/embeddings", StringComparison.Ordinal))
        {
            return Json(Embeddings(asked));
        }

        var messages = isChat ? asked["messages"]?.AsArray() ?? [] : [];
        var prompt = isChat ? string.Join('\n', messages.Select(message => Text(message?["content"]))) : Text(asked["prompt"]);
        var words = isChat ? Text(messages.LastOrDefault(message => IsFrom(message, "user"))?["content"]) : prompt;
        var script = asked["tools"] is JsonArray { Count: > 0 } ? EchoScript.Steps(words) : [];
        if (script.Count > 0)
        {
            var done = messages.Reverse().TakeWhile(message => !IsFrom(message, "user")).Count(message => IsFrom(message, "tool"));
            if (done < script.Count)
            {
                var wish = new Answer(true, EchoText.Tokens(script[done].Arguments), EchoText.Count(prompt), false, clock.GetUtcNow().ToUnixTimeSeconds(), script[done]);
                return WantsStream(asked) ? Stream(wish, cancellationToken) : Json(wish.Whole());
            }

            words = Text(messages[^1]?["content"]);
        }

        var most = (int)Math.Min(MostTokens, Long(asked["max_completion_tokens"]) ?? Long(asked["max_tokens"]) ?? MostTokens);
        var all = EchoText.Tokens(words);
        var answer = new Answer(isChat, [.. all.Take(most)], EchoText.Count(prompt), all.Count > most, clock.GetUtcNow().ToUnixTimeSeconds());
        return WantsStream(asked) ? Stream(answer, cancellationToken) : Json(answer.Whole());
    }

    private static bool WantsStream(JsonObject asked) => asked["stream"] is JsonValue stream && stream.TryGetValue<bool>(out var streams) && streams;

    private static bool IsFrom(JsonNode? message, string role) => message?["role"] is JsonValue said && said.ToString() == role;

    private static HttpResponseMessage Json(JsonObject answer) =>
        new(HttpStatusCode.OK) { Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(answer)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } } };

    private HttpResponseMessage Stream(Answer answer, CancellationToken cancellationToken)
    {
        var pipe = new Pipe();
        _ = WriteAsync(pipe.Writer, answer, cancellationToken);
        return new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StreamContent(pipe.Reader.AsStream()) { Headers = { ContentType = new MediaTypeHeaderValue("text/event-stream") } },
        };
    }

    private async Task WriteAsync(PipeWriter writer, Answer answer, CancellationToken cancellationToken)
    {
        Exception? end = null;
        try
        {
            foreach (var chunk in answer.Chunks())
            {
                await writer.WriteAsync(Encoding.UTF8.GetBytes($"data: {chunk.ToJsonString()}\n\n"), cancellationToken);
                if (delay > TimeSpan.Zero)
                {
                    await Task.Delay(delay, clock, cancellationToken);
                }
            }

            await writer.WriteAsync("data: [DONE]\n\n"u8.ToArray(), cancellationToken);
        }
        catch (OperationCanceledException stopped)
        {
            end = stopped;
        }

        await writer.CompleteAsync(end);
    }

    private static long? Long(JsonNode? node) => node is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    /// <summary>A text, or the texts of its parts.</summary>
    private static string Text(JsonNode? content) => content switch
    {
        JsonValue value => value.ToString(),
        JsonArray parts => string.Concat(parts.Select(part => part is JsonValue text ? text.ToString() : Text(part?["text"]))),
        _ => "",
    };

    private static JsonObject Embeddings(JsonObject asked)
    {
        var texts = asked["input"] is JsonArray many ? many.Select(one => one?.ToString() ?? "").ToList() : [Text(asked["input"])];
        var asBase64 = asked["encoding_format"]?.ToString() == "base64";
        var rows = texts.Select((text, at) => (JsonNode)new JsonObject { ["object"] = "embedding", ["index"] = at, ["embedding"] = Vector(text, asBase64) });
        var tokens = texts.Sum(EchoText.Count);
        return new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. rows]),
            ["model"] = Model,
            ["usage"] = new JsonObject { ["prompt_tokens"] = tokens, ["total_tokens"] = tokens },
        };
    }

    /// <summary>The same text has the same direction, another one another.</summary>
    private static JsonNode Vector(string text, bool asBase64)
    {
        var bytes = SHA512.HashData(Encoding.UTF8.GetBytes(text));
        var numbers = Enumerable.Range(0, Dimensions).Select(at => (bytes[at] - 127.5f) / 127.5f).ToArray();
        var length = MathF.Sqrt(numbers.Sum(number => number * number));
        var unit = numbers.Select(number => number / length).ToArray();
        return asBase64
            ? Convert.ToBase64String(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(unit))
            : new JsonArray([.. unit.Select(number => (JsonNode)number)]);
    }

    private sealed record Answer(bool IsChat, IReadOnlyList<string> Tokens, int PromptTokens, bool IsCut, long Created, EchoStep? Wish = null)
    {
        private readonly string _id = $"{(IsChat ? "chatcmpl" : "cmpl")}-echo{Guid.NewGuid():n}";

        private string Finish => Wish is not null ? "tool_calls" : IsCut ? "length" : "stop";

        private JsonObject Usage => new()
        {
            ["prompt_tokens"] = PromptTokens,
            ["completion_tokens"] = Tokens.Count,
            ["total_tokens"] = PromptTokens + Tokens.Count,
        };

        public JsonObject Whole()
        {
            var text = string.Concat(Tokens);
            var choice = new JsonObject { ["index"] = 0, ["finish_reason"] = Finish, ["logprobs"] = null };
            if (Wish is not null)
            {
                choice["message"] = new JsonObject { ["role"] = "assistant", ["content"] = null, ["tool_calls"] = new JsonArray(Call(text)) };
            }
            else if (IsChat)
            {
                choice["message"] = new JsonObject { ["role"] = "assistant", ["content"] = text, ["refusal"] = null };
            }
            else
            {
                choice["text"] = text;
            }

            var whole = Head(IsChat ? "chat.completion" : "text_completion", choice);
            whole["usage"] = Usage;
            return whole;
        }

        public IEnumerable<JsonObject> Chunks()
        {
            if (IsChat)
            {
                yield return Chunk(new JsonObject { ["role"] = "assistant", ["content"] = "" }, null);
            }

            if (Wish is not null)
            {
                var begun = Call("");
                begun["index"] = 0;
                yield return Chunk(new JsonObject { ["tool_calls"] = new JsonArray(begun) }, null);
            }

            foreach (var token in Tokens)
            {
                yield return Chunk(Piece(token), null);
            }

            yield return Chunk(IsChat ? new JsonObject() : JsonValue.Create(""), Finish);
            var last = Head(IsChat ? "chat.completion.chunk" : "text_completion");
            last["usage"] = Usage;
            yield return last;
        }

        private JsonNode Piece(string token) =>
            Wish is not null ? new JsonObject { ["tool_calls"] = new JsonArray(new JsonObject { ["index"] = 0, ["function"] = new JsonObject { ["arguments"] = token } }) }
            : IsChat ? new JsonObject { ["content"] = token }
            : JsonValue.Create(token);

        private JsonObject Call(string arguments) =>
            new() { ["id"] = Wish!.Id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = Wish.Tool, ["arguments"] = arguments } };

        private JsonObject Chunk(JsonNode piece, string? finish)
        {
            var choice = new JsonObject { ["index"] = 0, [IsChat ? "delta" : "text"] = piece, ["logprobs"] = null, ["finish_reason"] = finish };
            return Head(IsChat ? "chat.completion.chunk" : "text_completion", choice);
        }

        private JsonObject Head(string kind, params JsonNode[] choices) =>
            new() { ["id"] = _id, ["object"] = kind, ["created"] = Created, ["model"] = Model, ["choices"] = new JsonArray(choices) };
    }
}
