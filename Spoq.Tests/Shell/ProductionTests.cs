using System.Net;
using System.Security.Cryptography;
using Spoq.Tests.Support;

namespace Spoq.Tests.Shell;

/// <summary>The same program, run as Production: nothing pretend is there, cookies and headers are strict.</summary>
public sealed class ProductionTests : IAsyncLifetime
{
    private SpoqServer _server = null!;

    public async Task InitializeAsync() => _server = await SpoqServer.NewAsync(new Dictionary<string, string>
    {
        ["ASPNETCORE_ENVIRONMENT"] = "Production",
        ["Spoq__BaseUrl"] = "https://spoq.example",
        ["Spoq__InstanceDomain"] = "spoq.example",
        ["Spoq__TrustedProxies"] = "127.0.0.0/8,::1/128",
        ["Smtp__Host"] = "localhost",
        ["Smtp__From"] = "hello@spoq.example",
        ["Encryption__Keys__a"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
    });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("/dev/mail")]
    [InlineData("/dev/mail/messages")]
    [InlineData("/dev/checkout/cs_pretend_1")]
    public async Task Development_pages_are_absent(string path)
    {
        using var client = NewClient();
        using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public async Task Public_pages_answer_without_a_word_of_development()
    {
        using var client = NewClient();
        foreach (var path in new[] { "/", "/pricing", "/login", "/signup", "/docs" })
        {
            var html = await client.GetStringAsync(new Uri(path, UriKind.Relative));

            Assert.DoesNotContain("pretend", html, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Cookies_are_bound_to_the_host_and_to_https()
    {
        using var client = NewClient();
        using var answer = await client.GetAsync(new Uri("/login", UriKind.Relative));

        Assert.True(answer.Headers.Contains("Strict-Transport-Security"));
        Assert.All(
            answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : [],
            cookie =>
            {
                Assert.StartsWith("__Host-", cookie, StringComparison.Ordinal);
                Assert.Contains("secure", cookie, StringComparison.OrdinalIgnoreCase);
                Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
            });
    }

    [Fact]
    public async Task Plain_http_is_refused_with_what_to_set()
    {
        using var client = _server.NewClient();
        using var answer = await client.GetAsync(new Uri("/login", UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Spoq__TrustedProxies", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    /// <summary>As a proxy on this machine that ends TLS asks.</summary>
    private HttpClient NewClient()
    {
        var client = _server.NewClient(followRedirects: false);
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.1");
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "spoq.example");
        return client;
    }
}
