using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;
using Spoq.Infrastructure.Data;
using Spoq.Core.Ai;
using Spoq.Web.Ai;

namespace Spoq.Web.Shell.OpenApi;

/// <summary>The expected "no"s of an endpoint beyond those that every endpoint has.</summary>
/// <param name="Always">There is no other answer yet.</param>
internal sealed record RefusesMetadata(int[] Statuses, bool Always = false);

/// <summary>What an endpoint reads by itself, so that its parameters do not tell.</summary>
internal sealed record TakesMetadata(Type Type, string MediaType);

/// <summary>A refusal may come in this form too.</summary>
internal sealed record RefusesAsMetadata(string MediaType);

/// <summary>Fills in what the endpoint's code says only by its conventions: name, callers, parameters, refusals.</summary>
internal static partial class DescribeOperation
{
    public const string AliasExtension = "x-alias-of";

    private const string ProblemJson = "application/problem+json";

    public static async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var method = context.Description.HttpMethod ?? "GET";
        var path = "/" + context.Description.RelativePath;
        operation.OperationId = NotOfName().Replace(SnakeCase.Of($"{method.ToLowerInvariant()}{Constraint().Replace(path, "}")}"), "_").Trim('_');
        if (!metadata.OfType<ITagsMetadata>().Any())
        {
            operation.Tags = new HashSet<OpenApiTagReference> { new(Subjects.Of(path), context.Document) };
        }

        if (metadata.OfType<AliasOf>().FirstOrDefault() is { } alias)
        {
            operation.AddExtension(AliasExtension, new JsonNodeExtension(alias.Path));
            operation.Description = $"Another spelling of `{method} {alias.Path}`. {operation.Description}".TrimEnd();
        }

        if (metadata.OfType<TakesMetadata>().FirstOrDefault() is { } takes)
        {
            var schema = await context.GetOrCreateSchemaAsync(takes.Type, null, cancellationToken);
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = new Dictionary<string, OpenApiMediaType> { [takes.MediaType] = new() { Schema = schema } } };
        }

        DescribeCallers.Apply(operation, context.Document!, metadata);
        AddParameters(operation, metadata);
        AddRefusals(operation, context.Document!, metadata, path);
    }

    private static void AddParameters(OpenApiOperation operation, IList<object> metadata)
    {
        if (metadata.OfType<PagedMetadata>().Any())
        {
            Add(operation, "limit", ParameterLocation.Query, "How many rows at most.", new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = PageQuery.MaxLimit.ToString(CultureInfo.InvariantCulture) });
            Add(operation, "cursor", ParameterLocation.Query, "`next_cursor` of the page before.", new OpenApiSchema { Type = JsonSchemaType.String });
        }

        if (metadata.OfType<IdempotentMetadata>().Any())
        {
            Add(operation, Idempotency.Header, ParameterLocation.Header, "Names this write: a repeat within 24 hours gets the first answer.", new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 255 });
        }
    }

    private static void Add(OpenApiOperation operation, string name, ParameterLocation place, string description, OpenApiSchema schema) =>
        (operation.Parameters ??= []).Add(new OpenApiParameter { Name = name, In = place, Description = description, Schema = schema });

    private static void AddRefusals(OpenApiOperation operation, OpenApiDocument document, IList<object> metadata, string path)
    {
        operation.Responses ??= [];
        if (metadata.OfType<RefusesMetadata>().Any(refuses => refuses.Always))
        {
            operation.Responses.Remove("200");
        }

        var isOAuth = path.StartsWith("/oauth/", StringComparison.Ordinal);
        var ai = metadata.OfType<AiErrorForm>().FirstOrDefault();
        var others = metadata.OfType<RefusesAsMetadata>().Select(also => also.MediaType).ToList();
        var statuses = new SortedSet<int>(metadata.OfType<RefusesMetadata>().SelectMany(refuses => refuses.Statuses));
        if (operation.RequestBody is not null)
        {
            statuses.UnionWith([400, 413, 415]);
        }

        // What stands in the path either fits the route or names nothing.
        if (operation.Parameters?.Any(parameter => parameter.In != ParameterLocation.Path) == true)
        {
            statuses.Add(400);
        }

        if (path.Contains(":guid}", StringComparison.Ordinal))
        {
            statuses.Add(404);
        }

        if (operation.Security is { Count: > 0 })
        {
            statuses.UnionWith([401, 403]);
        }

        statuses.Add(429);
        foreach (var status in statuses)
        {
            operation.Responses.TryAdd(status.ToString(CultureInfo.InvariantCulture), Refusal(document, ReasonPhrases.GetReasonPhrase(status), isOAuth, ai, others));
        }

        operation.Responses.TryAdd("default", Refusal(document, "Any other refusal.", isOAuth, ai, others));
    }

    private static OpenApiResponse Refusal(OpenApiDocument document, string description, bool isOAuth, AiErrorForm? ai, List<string> others)
    {
        var content = new Dictionary<string, OpenApiMediaType> { [ProblemJson] = new() { Schema = new OpenApiSchemaReference(DescribeDocument.Problem, document) } };
        if (isOAuth)
        {
            content["application/json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(DescribeDocument.OAuthError, document) };
        }

        if (ai is not null)
        {
            content["application/json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(ai.Form == AiForm.OpenAi ? DescribeDocument.OpenAiError : DescribeDocument.AnthropicError, document) };
        }

        foreach (var other in others)
        {
            content[other] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
        }

        return new OpenApiResponse { Description = description, Content = content };
    }

    [GeneratedRegex(":[a-z]+}")]
    private static partial Regex Constraint();

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotOfName();
}

internal static class RefusesConvention
{
    /// <summary>Says in the document which statuses refuse, beside 400, 401, 403, 413, 415 and 429.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder builder, params int[] statuses)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RefusesMetadata(statuses));

    public static TBuilder RefusesAs<TBuilder>(this TBuilder builder, string mediaType)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RefusesAsMetadata(mediaType));

    public static Spellings Produces(this Spellings builder, int status) => builder.WithMetadata(new ProducesResponseTypeMetadata(status));

    /// <summary>Names the body of an endpoint that reads it by itself.</summary>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder builder, string mediaType) => builder.WithMetadata(new TakesMetadata(typeof(T), mediaType));

    /// <inheritdoc cref="Takes{T}(RouteHandlerBuilder, string)"/>
    public static Spellings Takes<T>(this Spellings builder, string mediaType) => builder.WithMetadata(new TakesMetadata(typeof(T), mediaType));

    /// <summary>The operation is not offered yet and says so.</summary>
    public static TBuilder AlwaysRefuses<TBuilder>(this TBuilder builder, params int[] statuses)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RefusesMetadata(statuses, Always: true));
}
