using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using Spoq.Core;

namespace Spoq.Conductor;

internal static class RequestBody
{
    public const long MaxBytes = 1024 * 1024;

    public static async Task<Result<T>> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, long maxBytes = MaxBytes)
        where T : class
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = maxBytes;
        if (!context.Request.HasJsonContentType())
        {
            return ConductorRefusals.NotJson;
        }

        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted) is { } body ? body : ConductorRefusals.NotReadable;
        }
        catch (JsonException)
        {
            return ConductorRefusals.NotReadable;
        }
    }
}
