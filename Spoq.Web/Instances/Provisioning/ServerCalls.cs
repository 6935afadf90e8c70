using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Spoq.Web.Instances.Provisioning;

/// <summary>Bodies that servers send.</summary>
internal static class ServerCalls
{
    /// <summary>Null: it is no JSON, or not of this kind.</summary>
    public static async Task<T?> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, type, cancellationToken);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
