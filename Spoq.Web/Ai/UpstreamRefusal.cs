using System.Text.Json;
using Spoq.Core;
using Spoq.Core.Ai;

namespace Spoq.Web.Ai;

/// <summary>An upstream's own "no" to what the caller sent, such as a prompt that is too long: it reaches the caller as it is.</summary>
internal static class UpstreamRefusal
{
    private const int Most = 64 * 1024;

    public static async Task PassAsync(HttpContext http, AiForm form, AiForm theirs, HttpResponseMessage response)
    {
        var body = await ReadAsync(response, http.RequestAborted);
        if (MessageOf(body) is not { } message)
        {
            await AiErrors.WriteAsync(http, form, AiRefusals.UpstreamFailed);
            return;
        }

        var status = (int)response.StatusCode;
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.Headers[AiErrors.CodeHeader] = "upstream_refused";
        if (form != theirs)
        {
            body = AiErrors.Body(form, new Refusal("upstream_refused", message, RefusalKind.Malformed), status, AiHeaders.RequestIdOf(http));
        }

        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var buffer = new byte[Most];
            var length = await stream.ReadAtLeastAsync(buffer, Most, throwOnEndOfStream: false, cancellationToken);
            return buffer[..length];
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException)
        {
            return [];
        }
    }

    /// <summary>Null: it is no error in either form, so it tells the caller nothing.</summary>
    private static string? MessageOf(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("error", out var error)
                ? error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String ? message.GetString() : error.ToString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
