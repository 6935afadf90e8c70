using System.Net;
using System.Security.Cryptography;
using Spoq.Tests.Stories;

namespace Spoq.Tests.Shell;

/// <summary>The same program, run as Production: nothing pretend is there, cookies and headers are strict.</summary>
public sealed class ProductionTests(ProductionTests.InProduction fixture) : IClassFixture<ProductionTests.InProduction>
{
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
        using var client = fixture.Server.NewClient();
        using var answer = await client.GetAsync(new Uri("/login", UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Spoq__TrustedProxies", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_callers_address_is_the_first_one_that_no_named_proxy_has()
    {
        Assert.Equal("r=1", await LeftAsync("203.0.113.7"));
        Assert.Equal("r=0", await LeftAsync("203.0.113.7, 10.1.2.3"));
        Assert.Equal("r=0", await LeftAsync("198.51.100.1, 203.0.113.7"));
        Assert.Equal("r=1", await LeftAsync("203.0.113.8, 10.1.2.3"));
    }

    /// <summary>What is left of the two requests a minute that the caller has.</summary>
    private async Task<string> LeftAsync(string forwardedFor)
    {
        using var client = NewClient(forwardedFor);
        using var answer = await client.GetAsync(new Uri("/api/plans", UriKind.Relative));
        return Assert.Single(answer.Headers.GetValues("RateLimit")).Split(';')[1];
    }

    /// <summary>As a proxy on this machine that ends TLS asks.</summary>
    private HttpClient NewClient(string forwardedFor = "192.0.2.1")
    {
        var client = fixture.Server.NewClient(followRedirects: false);
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Add("X-Forwarded-For", forwardedFor);
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "spoq.example");
        return client;
    }

    public sealed class InProduction : StoryServer
    {
        protected override Task<IReadOnlyDictionary<string, string>?> SettingsAsync() => Task.FromResult<IReadOnlyDictionary<string, string>?>(new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["Spoq__BaseUrl"] = "https://spoq.example",
            ["Spoq__InstanceDomain"] = "spoq.example",
            ["Spoq__TrustedProxies"] = "127.0.0.0/8,::1/128,10.0.0.0/8",
            ["Smtp__Host"] = "localhost",
            ["Smtp__From"] = "hello@spoq.example",
            ["Encryption__Keys__a"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
            ["Limits__AnonymousPerMinute"] = "2",
        });
    }
}
