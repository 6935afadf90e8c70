using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spoq.Core;

namespace Spoq.Conductor;

internal static class RequestBody
{
    public static async Task<Result<T>> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
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
