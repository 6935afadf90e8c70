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

    /// <summary>A body that an endpoint reads itself, refused as the others are.</summary>
    /// <exception cref="BadHttpRequestException">It is no JSON of this form.</exception>
    public static async Task<T?> ReadApiAsync<T>(this HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
        {
            throw new BadHttpRequestException("The body is not JSON.", StatusCodes.Status415UnsupportedMediaType);
        }

        try
        {
            return await request.ReadFromJsonAsync<T>(cancellationToken);
        }
        catch (JsonException unreadable)
        {
            throw new BadHttpRequestException("The body cannot be read.", StatusCodes.Status400BadRequest, unreadable);
        }
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
