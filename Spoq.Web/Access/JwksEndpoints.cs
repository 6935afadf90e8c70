using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Access;

namespace Spoq.Web.Access;

internal static class JwksEndpoints
{
    public static async Task<JsonHttpResult<Jwks>> ReadAsync(SigningKeys keys, HttpResponse response, CancellationToken cancellationToken)
    {
        // Shorter than a new key is published before it signs; whoever meets an unknown kid asks again anyway.
        response.Headers.CacheControl = "public, max-age=300";
        return TypedResults.Json(await keys.PublishedAsync(cancellationToken), WireJson.Default.Jwks, "application/jwk-set+json");
    }
}
