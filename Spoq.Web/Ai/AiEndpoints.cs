using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Ai;
using Spoq.Web.Access;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Ai;

/// <summary>The routes of the proxy: the listed ones, and no others.</summary>
internal static class AiEndpoints
{
    internal static readonly IReadOnlyDictionary<string, AiOperation> Operations = new Dictionary<string, AiOperation>
    {
        ["/v1/chat/completions"] = AiOperation.Chat,
        ["/v1/completions"] = AiOperation.Completion,
        ["/v1/embeddings"] = AiOperation.Embedding,
        ["/v1/messages"] = AiOperation.Message,
        ["/v1/messages/count_tokens"] = AiOperation.CountTokens,
    };

    public static IServiceCollection AddAiProxy(this IServiceCollection services)
    {
        services.AddSingleton<AiCallers>();
        services.AddSingleton<UpstreamCalls>();
        services.AddSingleton<AiRelay>();
        services.AddSingleton<ModelsAnswer>();
        return services;
    }

    /// <summary>
    /// For the routing table, the document and the tests that are made from it. Requests are taken earlier, at
    /// <see cref="AiDoor"/>; what arrives here differs in spelling only.
    /// </summary>
    public static void MapAi(this IEndpointRouteBuilder routes)
    {
        foreach (var (path, operation) in Operations)
        {
            routes.MapPost(path, http => http.RequestServices.GetRequiredService<AiRelay>().ServeAsync(http, operation)).RequireScope(Scopes.Ai).AcceptApiKeys();
        }

        routes.MapGet("/v1/models", http => http.RequestServices.GetRequiredService<ModelsAnswer>().ListAsync(http)).RequireScope(Scopes.Ai).AcceptApiKeys();
        routes.MapGet("/v1/models/{**model}", http => http.RequestServices.GetRequiredService<ModelsAnswer>().OneAsync(http, http.GetRouteValue("model")?.ToString() ?? "")).RequireScope(Scopes.Ai).AcceptApiKeys();
    }
}
