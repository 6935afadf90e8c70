using System.Net;
using System.Text;
using System.Text.Json;
using Spoq.Tests.Support;

namespace Spoq.Tests.Shell;

public sealed class EdgeTests
{
    [Fact]
    public async Task A_missing_address_of_the_api_is_a_problem_with_code_and_request_id()
    {
        using var client = await ClientAsync();

        using var answer = await client.GetAsync(new Uri("/api/there-is-no-such-thing", UriKind.Relative));
        var problem = await answer.Content.ReadAsStringAsync();

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        using var json = JsonDocument.Parse(problem);
        Assert.Equal("not_found", json.RootElement.GetProperty("code").GetString());
        Assert.Equal(404, json.RootElement.GetProperty("status").GetInt32());
        Assert.Equal(Assert.Single(answer.Headers.GetValues("X-Request-Id")), json.RootElement.GetProperty("request_id").GetString());
        Assert.False(string.IsNullOrEmpty(json.RootElement.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task A_browser_gets_a_friendly_page_where_there_is_nothing()
    {
        using var client = await ClientAsync();
        client.DefaultRequestHeaders.Add("Accept", "text/html");

        using var answer = await client.GetAsync(new Uri("/there-is-no-such-page", UriKind.Relative));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("There is nothing here", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("trace-7f.3_A", true)]
    [InlineData("has blank", false)]
    [InlineData("<script>", false)]
    public async Task A_plain_request_id_of_the_caller_is_kept_and_any_other_replaced(string given, bool isKept)
    {
        using var client = await ClientAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health");
        request.Headers.TryAddWithoutValidation("X-Request-Id", given);

        using var answer = await client.SendAsync(request);

        Assert.Equal(isKept, Assert.Single(answer.Headers.GetValues("X-Request-Id")) == given);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/api/there-is-no-such-thing")]
    [InlineData("/health")]
    public async Task Every_answer_carries_the_security_headers(string path)
    {
        using var client = await ClientAsync();

        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));

        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.True(answer.Headers.Contains("Referrer-Policy"));
        Assert.True(answer.Headers.Contains("Permissions-Policy"));
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Cross-Origin-Resource-Policy")));
        Assert.True(answer.Headers.Contains("X-Request-Id"));
    }

    [Fact]
    public async Task What_is_somebodys_own_is_kept_by_no_cache()
    {
        using var visitor = new HttpVisitor(await SpoqServer.SharedAsync());
        await visitor.SignUpAsync();
        foreach (var path in new[] { "/", "/setup", "/dashboard", "/dashboard/account", "/api/plans", "/api/no-such-thing" })
        {
            using var answer = await visitor.Http.GetAsync(new Uri(path, UriKind.Relative));
            Assert.True(answer.Headers.CacheControl is { NoStore: true }, $"{path}: {answer.Headers.CacheControl}");
        }
    }

    [Fact]
    public async Task An_error_page_tries_the_page_that_failed_again()
    {
        using var client = await ClientAsync();
        client.DefaultRequestHeaders.Add("Accept", "text/html");
        using var body = new StringContent(new string('x', (1024 * 1024) + 1), Encoding.UTF8, "application/x-www-form-urlencoded");

        using var answer = await client.PostAsync(new Uri("/login?return_url=%2Fsetup", UriKind.Relative), body);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Contains("href=\"/login?return_url=%2Fsetup\">Try again", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/_blazor/negotiate")]
    [InlineData("/hubs/instances/negotiate")]
    public async Task A_sibling_page_opens_no_circuit_and_no_hub(string path)
    {
        using var client = await ClientAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.Add("Origin", "http://alice.localhost");

        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task A_body_above_one_mebibyte_is_too_large()
    {
        using var client = await ClientAsync();
        using var body = new StringContent(new string('x', (1024 * 1024) + 1), Encoding.UTF8, "application/x-www-form-urlencoded");

        using var answer = await client.PostAsync(new Uri("/login", UriKind.Relative), body);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task The_probes_say_that_all_is_well()
    {
        using var client = await ClientAsync();

        using var alive = await client.GetAsync(new Uri("/health", UriKind.Relative));
        using var ready = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
    }

    private static async Task<HttpClient> ClientAsync() => (await SpoqServer.SharedAsync()).NewClient();
}
