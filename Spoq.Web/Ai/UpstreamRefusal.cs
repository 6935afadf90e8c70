using System.Buffers;
using System.Text.Json;
using Spoq.Core;
using Spoq.Core.Ai;

namespace Spoq.Web.Ai;

/// <summary>An upstream's own "no" to what the caller sent, such as a prompt that is too long: it reaches the caller as it is.</summary>
internal static class UpstreamRefusal
{
    private const int Most = 64 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public static async Task PassAsync(HttpContext http, AiForm form, HttpResponseMessage response)
    {
        var body = await ReadAsync(response, http.RequestAborted);
        if (MessageOf(body, form) is not var (message, isInForm))
        {
            await AiErrors.WriteAsync(http, form, AiRefusals.UpstreamFailed);
            return;
        }

        var status = (int)response.StatusCode;
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.Headers[AiErrors.CodeHeader] = "upstream_refused";
        if (!isInForm)
        {
            body = AiErrors.Body(form, new Refusal("upstream_refused", message, RefusalKind.Malformed), status, AiHeaders.RequestIdOf(http));
        }

        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    /// <summary>As far as it came: one that comes too slowly or is too long is cut off, and then tells nothing.</summary>
    internal static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        var buffer = ArrayPool<byte>.Shared.Rent(Most);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
            var length = await stream.ReadAtLeastAsync(buffer.AsMemory(0, Most), Most, throwOnEndOfStream: false, limit.Token);
            return buffer[..length];
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException || (cut is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return [];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Null: it is no error in either form, so it tells the caller nothing.</summary>
    private static (string Message, bool IsInForm)? MessageOf(byte[] body, AiForm form)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty("error", out var error))
            {
                return null;
            }

            return error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String
                ? (message.GetString()!, IsInForm(root, error, form))
                : (error.ToString(), false);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Not all that call themselves compatible write all members that the libraries expect.</summary>
    private static bool IsInForm(JsonElement root, JsonElement error, AiForm form) => error.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && (form == AiForm.OpenAi
        ? error.TryGetProperty("param", out _) && error.TryGetProperty("code", out var code) && code.ValueKind is JsonValueKind.String or JsonValueKind.Null
        : root.TryGetProperty("type", out var kind) && kind.ValueKind == JsonValueKind.String && kind.ValueEquals("error") && root.TryGetProperty("request_id", out _));
}
