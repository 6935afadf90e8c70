using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.OpenApi;

namespace Spoq.Web.Shell.OpenApi;

internal static class ApiDocumentSetup
{
    /// <summary>What programs call; pages and what only browsers follow are not in the document.</summary>
    private static readonly string[] s_programs = ["api/", "v1/", "auth/", "oauth/", "openapi/", ".well-known/", "webhooks/", "internal/", "releases/", "install", "health"];

    public static void AddApiDocument(this IServiceCollection services)
    {
        services.AddSingleton<ApiDocument>();
        services.AddOpenApi(ApiDocument.Name, options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.ShouldInclude = description => s_programs.Any(start => (description.RelativePath ?? "").StartsWith(start, StringComparison.Ordinal));
            options.AddOperationTransformer(DescribeOperation.TransformAsync);
            options.AddDocumentTransformer<DescribeDocument>();
        });
    }

    public static void MapApiDocument(this IEndpointRouteBuilder routes) => routes.MapGet(ApiDocument.Path, ReadAsync)
        .AllowAnonymous()
        .WithTags("Spoq")
        .WithSummary("This document")
        .Produces<object>(contentType: "application/json");

    private static async Task<FileContentHttpResult> ReadAsync(ApiDocument document, HttpResponse response, CancellationToken cancellationToken)
    {
        var made = await document.GetAsync(cancellationToken);
        response.Headers.CacheControl = "public, max-age=300";
        response.Headers.AccessControlAllowOrigin = "*";
        return TypedResults.File(made.Json, "application/json", entityTag: made.Tag);
    }
}
