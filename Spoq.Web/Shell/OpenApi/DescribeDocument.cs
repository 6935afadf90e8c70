using System.Reflection;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Spoq.Infrastructure.Ops;

namespace Spoq.Web.Shell.OpenApi;

/// <summary>What holds for every operation: who may call, how errors look, how lists are paged.</summary>
internal sealed class DescribeDocument(IOptions<SpoqOptions> spoq) : IOpenApiDocumentTransformer
{
    public const string Problem = "Problem";
    public const string OAuthError = "OAuthError";
    public const string OpenAiError = "OpenAiError";
    public const string AnthropicError = "AnthropicError";
    public const string Token = "bearer";
    public const string Key = "api_key";
    public const string Cookie = "session";
    public const string Server = "server";

    private const string About = """
        JSON is `snake_case`, times are RFC 3339 in UTC, ids are UUIDs. Members that we do not know are ignored, a wrong type is 400.

        **Errors** are `application/problem+json` (RFC 9457). Branch on `code`, which never changes; show `detail`, which says what to do next; mention `request_id` when you write to us. Endpoints under `/oauth` answer errors in the form of RFC 6749, AI models in the form of the library that asks, with our code in `X-Spoq-Error`.

        **Signing in**: send `Authorization: Bearer` with an access token, or with an API key (`spoq_…`) where an operation says so. Browsers may use the session cookie; writes then need the header `RequestVerificationToken`.

        **Lists** are paged: `?limit=` (1 to 100, 20 by default) and `?cursor=` with the `next_cursor` of the page before; `null` ends the list.

        **Limits**: every answer carries `RateLimit-Policy` and `RateLimit`; 429 carries `Retry-After`.

        **Repeats**: operations that cost money or create servers take `Idempotency-Key`. For 24 hours a repeat with the same body gets the first answer (`Idempotent-Replayed: true`); another body is 409 `idempotency_key_reused`.
        """;

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Spoq",
            Version = typeof(DescribeDocument).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0",
            Description = About,
        };
        document.Tags = document.Paths.SelectMany(path => path.Value.Operations ?? []).SelectMany(operation => operation.Value.Tags ?? new HashSet<OpenApiTagReference>())
            .Select(tag => tag.Name).OfType<string>().Distinct().Order(StringComparer.Ordinal).Select(name => new OpenApiTag { Name = name }).ToHashSet();
        document.Servers = [new OpenApiServer { Url = spoq.Value.BaseUrl.AbsoluteUri.TrimEnd('/') }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Token] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT", Description = "An access token." },
            [Key] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "spoq_live_…", Description = "An API key, in the same header." },
            [Server] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The token that one of our servers was given." },
            [Cookie] = new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Cookie, Name = "__Host-spoq", Description = "The browser's session." },
        };
        document.Components.Schemas ??= new Dictionary<string, IOpenApiSchema>();
        document.Components.Schemas[Problem] = ProblemSchema();
        document.Components.Schemas[OAuthError] = OAuthErrorSchema();
        document.Components.Schemas[OpenAiError] = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "As OpenAI's libraries read it.",
            Required = new HashSet<string> { "error" },
            Properties = new Dictionary<string, IOpenApiSchema> { ["error"] = Members("message", "type", "param", "code") },
        };
        document.Components.Schemas[AnthropicError] = new OpenApiSchema
        {
            Type = JsonSchemaType.Object,
            Description = "As Anthropic's libraries read it.",
            Required = new HashSet<string> { "type", "error", "request_id" },
            Properties = new Dictionary<string, IOpenApiSchema> { ["type"] = Text(null), ["error"] = Members("type", "message"), ["request_id"] = Text("As in X-Request-Id.") },
        };
        return Task.CompletedTask;
    }

    private static OpenApiSchema ProblemSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "RFC 9457.",
        Required = new HashSet<string> { "type", "title", "status", "detail", "code", "request_id" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = Text("Where this code is explained."),
            ["title"] = Text("The status in words."),
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer },
            ["detail"] = Text("What happened and what to do next."),
            ["code"] = new OpenApiSchema { Type = JsonSchemaType.String, Pattern = "^[a-z][a-z0-9_]*$", Description = "Stable: branch on it." },
            ["request_id"] = Text("As in X-Request-Id."),
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "By member, where one is to blame.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = Text(null) },
            },
        },
    };

    private static OpenApiSchema OAuthErrorSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "RFC 6749, section 5.2.",
        Required = new HashSet<string> { "error" },
        Properties = new Dictionary<string, IOpenApiSchema> { ["error"] = Text(null), ["error_description"] = Text(null), ["error_uri"] = Text(null) },
    };

    private static OpenApiSchema Members(params string[] names) => new()
    {
        Type = JsonSchemaType.Object,
        Required = names.ToHashSet(),
        Properties = names.ToDictionary(name => name, name => (IOpenApiSchema)new OpenApiSchema { Type = name is "param" or "code" ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String }),
    };

    private static OpenApiSchema Text(string? description) => new() { Type = JsonSchemaType.String, Description = description };
}
