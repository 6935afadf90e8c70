using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Routing;
using Spoq.Tests.Access;
using Spoq.Tests.Support;
using Spoq.Web.Shell;

namespace Spoq.Tests.Shell;

/// <summary>The document is true: every operation is called, and every answer is held against what it promises.</summary>
public sealed partial class OpenApiTests(ApiWorld world) : IClassFixture<ApiWorld>
{
    /// <summary>Where a good answer takes what this test does not have: a signature, a server's token, binaries, a failed road, a person at a browser.</summary>
    private static readonly Regex s_notHappyHere = Special();

    [Fact]
    public async Task Every_operation_answers_as_the_document_promises()
    {
        using var nobody = new ApiClient(world.BaseUrl);
        var document = await OpenApiDocument.ReadAsync(nobody);
        var prepared = new PreparedCalls(world);
        var wrong = new List<string>();
        foreach (var operation in document.Operations)
        {
            var answers = new List<int>();
            foreach (var call in await prepared.ForAsync(operation))
            {
                using var request = call.Request();
                using var answer = await call.Client.Http.SendAsync(request);
                answers.Add((int)answer.StatusCode);
                wrong.AddRange((await document.CheckAsync(operation, answer)).Select(what => $"{operation.Name}: {what}"));
            }

            var isHappy = answers.Exists(status => status < 300);
            if (!isHappy && Enumerable.Range(200, 10).Any(operation.Promises) && !s_notHappyHere.IsMatch(operation.Name))
            {
                wrong.Add($"{operation.Name} never succeeded: {string.Join(", ", answers)}");
            }
        }

        Offenders.None(wrong);
        Assert.True(document.Operations.Count > 60);
    }

    [Fact]
    public async Task Every_endpoint_for_programs_is_in_the_document_with_all_its_spellings()
    {
        using var nobody = new ApiClient(world.BaseUrl);
        var document = await OpenApiDocument.ReadAsync(nobody);
        var documented = document.Operations.Select(operation => operation.Name).ToHashSet();
        var routed = world.Endpoints
            .Where(endpoint => endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is null && endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.SignalR.HubMetadata>() is null)
            .Where(endpoint => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null)
            .Where(endpoint => RouteWalk.Template(endpoint) is var path && (path.StartsWith("/api/", StringComparison.Ordinal) || path.StartsWith("/v1/", StringComparison.Ordinal) || path.StartsWith("/auth/", StringComparison.Ordinal) || path.StartsWith("/oauth/", StringComparison.Ordinal)))
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []).Select(method => $"{method} {Constraint().Replace(RouteWalk.Template(endpoint), "}")}"))
            .ToList();

        Assert.NotEmpty(routed);
        Offenders.None(routed.Except(documented));
        foreach (var (path, others) in EndpointAliases.All)
        {
            Assert.All(others, other => Assert.Contains(document.Operations, operation => operation.Path == other && operation.AliasOf == path));
        }

        Assert.Empty(document.Operations.GroupBy(operation => operation.Json.GetProperty("operationId").GetString()).Where(group => group.Count() > 1).Select(group => group.Key));
        Offenders.None(document.Operations.Where(operation => !operation.Json.TryGetProperty("summary", out _)).Select(operation => $"{operation.Name} has no summary"));
    }

    [Fact]
    public async Task The_document_says_who_may_call_as_the_rules_do()
    {
        using var nobody = new ApiClient(world.BaseUrl);
        var document = await OpenApiDocument.ReadAsync(nobody);
        foreach (var endpoint in world.Endpoints.Where(endpoint => endpoint.Metadata.GetMetadata<Core.Access.CallerRule>() is not null))
        {
            var rule = endpoint.Metadata.GetMetadata<Core.Access.CallerRule>()!;
            var path = Constraint().Replace(RouteWalk.Template(endpoint), "}");
            foreach (var operation in document.Operations.Where(operation => operation.Path == path && endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Contains(operation.Method)))
            {
                var security = operation.Json.GetProperty("security").EnumerateArray().ToList();
                Assert.Contains(security, scheme => scheme.TryGetProperty("bearer", out var scopes) && scopes.EnumerateArray().Single().GetString() == rule.Scope);
                Assert.Equal(rule.AcceptsApiKeys, security.Exists(scheme => scheme.TryGetProperty("api_key", out _)));
            }
        }

        foreach (var operation in document.Operations.Where(operation => operation.Json.TryGetProperty("security", out var security) && security.GetArrayLength() == 0))
        {
            Assert.Contains(world.Endpoints, endpoint => Constraint().Replace(RouteWalk.Template(endpoint), "}") == operation.Path && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null);
        }
    }

    [Fact]
    public async Task The_reference_page_shows_every_operation_without_a_script()
    {
        using var client = new ApiClient(world.BaseUrl);
        var document = await OpenApiDocument.ReadAsync(client);
        client.Http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));

        var page = await client.Http.GetStringAsync(new Uri("/docs/api", UriKind.Relative));
        var docs = await client.Http.GetStringAsync(new Uri("/docs", UriKind.Relative));

        Assert.Contains("href=\"/docs/api\"", docs, StringComparison.Ordinal);
        Assert.DoesNotContain("blazor.web", page, StringComparison.Ordinal);
        Assert.All(document.Operations, operation => Assert.Contains($">{operation.Path}</code>", page, StringComparison.Ordinal));
    }

    [GeneratedRegex(":[a-z]+}")]
    private static partial Regex Constraint();

    [GeneratedRegex("webhook|POST /v1/admin/|/internal/|/releases/|/install|/retry|/auth/authorize|/auth/github|/auth/google|/api/auth/google")]
    private static partial Regex Special();
}

/// <summary>A request that is ready to be sent.</summary>
internal sealed record PreparedCall(ApiClient Client, string Method, string Path, string? Body, string? Accept = null, string Type = "application/json")
{
    public HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(new HttpMethod(Method), Path) { Content = Body is null ? null : new StringContent(Body, Encoding.UTF8, Type) };
        if (Accept is not null)
        {
            request.Headers.Accept.ParseAdd(Accept);
        }

        return request;
    }

    public static string Text(object body) => JsonSerializer.Serialize(body);
}
