using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;

namespace Spoq.Web.Shell.OpenApi;

/// <summary>The expected "no"s of an endpoint beyond those that every endpoint has.</summary>
internal sealed record RefusesMetadata(int[] Statuses);

/// <summary>Fills in what the endpoint's code says only by its conventions: name, callers, parameters, refusals.</summary>
internal static partial class DescribeOperation
{
    private const string ProblemJson = "application/problem+json";

    public static Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var method = context.Description.HttpMethod ?? "GET";
        var path = "/" + context.Description.RelativePath;
        operation.OperationId = NotOfName().Replace($"{method}{path}".ToLowerInvariant(), "_").Trim('_');
        if (metadata.OfType<AliasOf>().FirstOrDefault() is { } alias)
        {
            operation.Description = $"Another spelling of `{method} {alias.Path}`. {operation.Description}".TrimEnd();
        }

        DescribeCallers.Apply(operation, context.Document!, metadata);
        AddParameters(operation, metadata);
        AddRefusals(operation, context.Document!, metadata, path);
        return Task.CompletedTask;
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
        var isOAuth = path.StartsWith("/oauth/", StringComparison.Ordinal);
        var statuses = new SortedSet<int>(metadata.OfType<RefusesMetadata>().SelectMany(refuses => refuses.Statuses));
        if (operation.RequestBody is not null)
        {
            statuses.UnionWith([400, 413, 415]);
        }

        if (operation.Parameters is { Count: > 0 })
        {
            statuses.Add(400);
        }

        if (operation.Security is { Count: > 0 })
        {
            statuses.UnionWith([401, 403]);
        }

        statuses.Add(429);
        foreach (var status in statuses)
        {
            operation.Responses.TryAdd(status.ToString(CultureInfo.InvariantCulture), Refusal(document, ReasonPhrases.GetReasonPhrase(status), isOAuth));
        }

        operation.Responses.TryAdd("default", Refusal(document, "Any other refusal.", isOAuth));
    }

    private static OpenApiResponse Refusal(OpenApiDocument document, string description, bool isOAuth)
    {
        var content = new Dictionary<string, OpenApiMediaType> { [ProblemJson] = new() { Schema = new OpenApiSchemaReference(DescribeDocument.Problem, document) } };
        if (isOAuth)
        {
            content["application/json"] = new OpenApiMediaType { Schema = new OpenApiSchemaReference(DescribeDocument.OAuthError, document) };
        }

        return new OpenApiResponse { Description = description, Content = content };
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotOfName();
}

internal static class RefusesConvention
{
    /// <summary>Says in the document which statuses refuse, beside 400, 401, 403, 413, 415 and 429.</summary>
    public static TBuilder Refuses<TBuilder>(this TBuilder builder, params int[] statuses)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RefusesMetadata(statuses));
}
