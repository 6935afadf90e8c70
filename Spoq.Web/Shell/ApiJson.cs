using System.Text.Json;
using System.Text.Json.Serialization;

namespace Spoq.Web.Shell;

/// <summary>How the JSON API reads and writes: <c>snake_case</c>, unknown members ignored, a wrong type refused with the member's name.</summary>
internal static class ApiJson
{
    /// <summary>No body of ours is half as deep.</summary>
    private const int MaxDepth = 16;

    public static void AddApiJson(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options => Shape(options.SerializerOptions));

        // What cannot be read is explained by BadInput, in every environment alike.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
    }

    private static void Shape(JsonSerializerOptions json)
    {
        json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        json.PropertyNameCaseInsensitive = false;
        json.NumberHandling = JsonNumberHandling.Strict;
        json.MaxDepth = MaxDepth;
        json.AllowDuplicateProperties = false;
        json.RespectNullableAnnotations = true;
        json.RespectRequiredConstructorParameters = true;
        json.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
    }
}
