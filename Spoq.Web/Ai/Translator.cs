using System.Text.Json;
using System.Text.Json.Nodes;
using Spoq.Core;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Translation;
using Spoq.Infrastructure.Ai.Upstreams;

namespace Spoq.Web.Ai;

/// <summary>What a call needs where its upstream speaks the other form.</summary>
internal static class Translator
{
    private static readonly JsonDocumentOptions s_strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    public static bool CanReach(AiCall call, Upstream upstream) => upstream.Form == call.Form || call.Operation is AiOperation.Chat or AiOperation.Message;

    public static AiOperation OperationAt(AiCall call, Upstream upstream) =>
        upstream.Form == call.Form ? call.Operation : call.Operation == AiOperation.Chat ? AiOperation.Message : AiOperation.Chat;

    /// <summary>What is replaced in a body that goes on in its own form.</summary>
    public static BodyEdit[] Edits(AiCall call, ModelRoute route) => (route.Renamed, call.Request.AskUsage) switch
    {
        ({ } name, { } usage) => [Rename(call, name), usage],
        ({ } name, null) => [Rename(call, name)],
        (null, { } usage) => [usage],
        _ => [],
    };

    public static Result<RequestBody> Request(AiCall call, RequestBody body, ModelRoute route)
    {
        JsonObject asked;
        try
        {
            asked = JsonNode.Parse(body.Bytes.Span, null, s_strict)!.AsObject();
        }
        catch (JsonException)
        {
            return AiRefusals.BodyUnreadable;
        }

        try
        {
            return Translate(call, asked, route).Try(out var said, out var refusal) ? body.Of(said) : refusal;
        }
        catch (InvalidOperationException)
        {
            // Half a character: text that is no Unicode, found only when it is read.
            return AiRefusals.BodyUnreadable;
        }
    }

    private static Result<JsonObject> Translate(AiCall call, JsonObject asked, ModelRoute route) => call.Form == AiForm.Anthropic
        ? ToOpenAi.Request(asked, route.UpstreamName)
        : ToAnthropic.Request(asked, route.UpstreamName, call.Model.MaxOutput);

    /// <summary>Null: both speak the same.</summary>
    public static StreamTranslation? Stream(AiCall call, Upstream upstream) =>
        upstream.Form == call.Form ? null
        : call.Form == AiForm.OpenAi ? new StreamToOpenAi(call.Model.Name, call.Clock.GetUtcNow().ToUnixTimeSeconds(), call.Request.WantsUsage)
        : new StreamToAnthropic(call.Model.Name, call.Request.PromptTokens);

    /// <summary>A whole answer in the caller's form; null: it is none.</summary>
    public static ReadOnlyMemory<byte>? Answer(AiCall call, Upstream upstream, ReadOnlyMemory<byte> answer, in TokenUsage usage)
    {
        if (upstream.Form == call.Form)
        {
            return answer;
        }

        try
        {
            if (JsonNode.Parse(answer.Span) is not JsonObject said)
            {
                return null;
            }

            return JsonSerializer.SerializeToUtf8Bytes(
                call.Form == AiForm.OpenAi ? Answers.ToOpenAi(said, call.Model.Name, call.Clock.GetUtcNow().ToUnixTimeSeconds(), usage) : Answers.ToAnthropic(said, call.Model.Name, usage));
        }
        catch (Exception unreadable) when (unreadable is JsonException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static BodyEdit Rename(AiCall call, byte[] name) => new(call.Request.ModelAt.Start, call.Request.ModelAt.Length, name);
}
