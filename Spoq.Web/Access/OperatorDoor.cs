using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Spoq.Core.Access;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Shell;

namespace Spoq.Web.Access;

/// <summary>Whoever runs this installation, by <c>Spoq__OperatorKey</c>; without one nobody gets in.</summary>
internal static class OperatorDoor
{
    /// <param name="endpoint">What they call.</param>
    /// <param name="also">Another key that is good here and nowhere else.</param>
    public static T RequireOperatorKey<T>(this T endpoint, string? also = null)
        where T : IEndpointConventionBuilder
    {
        endpoint.WithMetadata(new OperatorKeyRule());
        endpoint.AllowAnonymous();
        endpoint.AddEndpointFilter(async (context, next) =>
        {
            var known = context.HttpContext.RequestServices.GetRequiredService<IOptions<SpoqOptions>>().Value.OperatorKey;
            return IsOneOf(context.HttpContext.Request, known, also) ? await next(context) : ContainerRefusals.NotLetIn.ToProblem();
        });
        return endpoint;
    }

    /// <summary>Hashes are compared, so that neither content nor length takes a telling time.</summary>
    private static bool IsOneOf(HttpRequest request, params string?[] keys)
    {
        if (BearerToken.Of(request) is not { } token)
        {
            return false;
        }

        var shown = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        var found = false;
        foreach (var key in keys)
        {
            found |= key is { Length: > 0 } && CryptographicOperations.FixedTimeEquals(shown, SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        }

        return found;
    }
}
