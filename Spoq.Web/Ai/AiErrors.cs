using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Spoq.Core;
using Spoq.Core.Ai;

namespace Spoq.Web.Ai;

/// <summary>Refusals in the words of the caller's own library, which turns them into its own exceptions.</summary>
internal static class AiErrors
{
    /// <summary>Our stable code, also where the form has no place for one.</summary>
    public const string CodeHeader = "X-Spoq-Error";

    public static int StatusOf(Refusal refusal, AiForm form) => refusal.Code switch
    {
        "body_timeout" => StatusCodes.Status408RequestTimeout,
        "body_too_large" => StatusCodes.Status413PayloadTooLarge,
        "method_not_allowed" => StatusCodes.Status405MethodNotAllowed,
        "unsupported_media_type" => StatusCodes.Status415UnsupportedMediaType,
        "upstream_error" or "upstream_disconnected" => StatusCodes.Status502BadGateway,
        "upstream_timeout" => StatusCodes.Status504GatewayTimeout,
        "insufficient_quota" => form == AiForm.Anthropic ? StatusCodes.Status402PaymentRequired : StatusCodes.Status429TooManyRequests,
        "internal" => StatusCodes.Status500InternalServerError,
        _ => Shell.Problems.Status(refusal.Kind),
    };

    public static async Task WriteAsync(HttpContext http, AiForm form, Refusal refusal)
    {
        var response = http.Response;
        if (response.HasStarted)
        {
            http.Abort();
            return;
        }

        var status = StatusOf(refusal, form);
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers[CodeHeader] = refusal.Code;
        if (refusal.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = refusal.Code == "token_missing" ? "Bearer" : $"Bearer error=\"invalid_token\", error_description=\"{refusal.Message}\"";
        }
        else if (refusal.Code == "insufficient_scope")
        {
            response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{Core.Access.Scopes.Ai}\"";
        }

        // Both libraries try a 429 again by themselves; an empty purse stays empty.
        if (refusal.Code == "insufficient_quota")
        {
            response.Headers["x-should-retry"] = "false";
        }

        var body = Body(form, refusal, status, AiHeaders.RequestIdOf(http));
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, http.RequestAborted);
    }

    public static byte[] Body(AiForm form, Refusal refusal, int status, string requestId)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (form == AiForm.Anthropic)
            {
                json.WriteString("type", "error");
                json.WriteStartObject("error");
                json.WriteString("type", AnthropicType(status));
                json.WriteString("message", refusal.Message);
                json.WriteEndObject();
                json.WriteString("request_id", requestId);
            }
            else
            {
                json.WriteStartObject("error");
                json.WriteString("message", refusal.Message);
                json.WriteString("type", OpenAiType(refusal, status));
                json.WriteString("param", refusal.Field);
                json.WriteString("code", refusal.Code);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>In the middle of a stream there is no status any more: both forms have an event for it.</summary>
    public static byte[] Event(AiForm form, Refusal refusal, string requestId)
    {
        var body = Body(form, refusal, StatusOf(refusal, form), requestId);
        return [.. form == AiForm.Anthropic ? "event: error\ndata: "u8 : "data: "u8, .. body, .. "\n\n"u8];
    }

    private static string OpenAiType(Refusal refusal, int status) => status switch
    {
        _ when refusal.Code == "insufficient_quota" => "insufficient_quota",
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        >= 500 => "server_error",
        _ => "invalid_request_error",
    };

    private static string AnthropicType(int status) => status switch
    {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        503 => "overloaded_error",
        504 => "timeout_error",
        >= 500 => "api_error",
        _ => "invalid_request_error",
    };
}
