using Spoq.Core.Access;
using Spoq.Core.Ai;
using Spoq.Web.Access;
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
        services.AddSingleton<LastCall>();
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
        Map<ChatBody>(routes, AiOperation.Chat, "Ask a model, in OpenAI's form");
        Map<CompletionBody>(routes, AiOperation.Completion, "Continue a text, in OpenAI's form");
        Map<EmbeddingBody>(routes, AiOperation.Embedding, "Embed texts, in OpenAI's form");
        Map<MessageBody>(routes, AiOperation.Message, "Ask a model, in Anthropic's form");
        Map<MessageBody>(routes, AiOperation.CountTokens, "Count a request's tokens, in Anthropic's form");
        Describe(routes.MapGet("/v1/models", (HttpContext http, ModelsAnswer models) => models.ListAsync(http)), AiForm.OpenAi, "The models you may use");
        Describe(routes.MapGet("/v1/models/{model}", (string model, HttpContext http, ModelsAnswer models) => models.OneAsync(http, model)), AiForm.OpenAi, "A model you may use").Refuses(404);
        routes.MapUsage();
    }

    private static void Map<TBody>(IEndpointRouteBuilder routes, AiOperation operation, string summary) =>
        Describe(routes.MapPost(Operations.Single(row => row.Value == operation).Key, (HttpContext http, AiRelay relay) => relay.ServeAsync(http, operation)), operation.Form(), summary)
            .Takes<TBody>("application/json")
            .Refuses([402, 404, 405, 502, 503, 504]);

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder endpoint, AiForm form, string summary) =>
        endpoint.RequireScope(Scopes.Ai).AcceptApiKeys().WithSummary(summary).WithTags("AI models").WithMetadata(new AiErrorForm(form))
            .WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(object), ["application/json"]));
}

/// <summary>Errors of the endpoint are in the words of this form.</summary>
internal sealed record AiErrorForm(AiForm Form);

/// <summary>What the proxy itself reads of a body. Everything else of OpenAI's form passes through.</summary>
/// <param name="StreamOptions">Ask for the usage at the end of a stream with <c>include_usage</c>.</param>
internal sealed record ChatBody(string Model, IReadOnlyList<object> Messages, bool? Stream, long? MaxCompletionTokens, object? StreamOptions);

/// <inheritdoc cref="ChatBody"/>
internal sealed record CompletionBody(string Model, object Prompt, bool? Stream, long? MaxTokens);

/// <inheritdoc cref="ChatBody"/>
internal sealed record EmbeddingBody(string Model, object Input);

/// <summary>What the proxy itself reads of a body. Everything else of Anthropic's form passes through.</summary>
internal sealed record MessageBody(string Model, IReadOnlyList<object> Messages, long MaxTokens, bool? Stream);
