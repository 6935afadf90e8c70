namespace Spoq.Web.Shell;

/// <summary>Which other spelling an endpoint is reached by.</summary>
internal sealed record AliasOf(string Path);

/// <summary>Every endpoint with more than one spelling: one handler, all spellings, listed here and nowhere else.</summary>
internal static class EndpointAliases
{
    public static IReadOnlyDictionary<string, string[]> All { get; } = new Dictionary<string, string[]>
    {
        ["/api/auth/register"] = ["/api/auth/signup", "/v1/auth/register"],
        ["/api/auth/login"] = ["/v1/auth/login"],
        ["/api/auth/refresh"] = ["/v1/auth/refresh", "/auth/refresh"],
        ["/api/auth/logout"] = ["/v1/auth/logout"],
        ["/api/auth/google"] = ["/auth/google"],
        ["/v1/billing/subscribe"] = ["/api/subscription/create"],
        ["/webhooks/stripe"] = ["/api/subscription/webhook"],
    };

    /// <summary>Maps the handler under the path and all its other spellings; conventions apply to each.</summary>
    public static Spellings MapApi(this IEndpointRouteBuilder routes, string method, string path, Delegate handler)
    {
        var first = routes.MapMethods(path, [method], handler);
        var others = All.GetValueOrDefault(path) ?? [];
        return new Spellings([first, .. others.Select(other => routes.MapMethods(other, [method], handler).WithMetadata(new AliasOf(path)))]);
    }
}

/// <summary>All spellings of an endpoint, as one.</summary>
internal sealed class Spellings(IReadOnlyList<RouteHandlerBuilder> endpoints) : IEndpointConventionBuilder
{
    public void Add(Action<EndpointBuilder> convention)
    {
        foreach (var endpoint in endpoints)
        {
            endpoint.Add(convention);
        }
    }

    public void Finally(Action<EndpointBuilder> finallyConvention)
    {
        foreach (var endpoint in endpoints)
        {
            endpoint.Finally(finallyConvention);
        }
    }
}
