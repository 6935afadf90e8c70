using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Spoq.Tests.Stories;
using Spoq.Tests.Support;

namespace Spoq.Tests.Shell;

/// <summary>The general limits of the JSON API, on a server that allows next to nothing. What a limit gives back drips in while the test runs, so counts are bounds.</summary>
public sealed class ApiLimitTests(NarrowServer fixture) : IClassFixture<NarrowServer>
{
    private const int MostTries = 12;

    [Fact]
    public async Task An_address_that_asks_too_often_is_told_how_long_to_wait_and_another_is_not()
    {
        using var client = new ApiClient(fixture.Server);
        using var neighbour = new ApiClient(fixture.Server);
        using (var first = await client.GetAsync("/api/plans"))
        {
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
            Assert.Equal("\"address\";q=3;w=60", Header(first, "RateLimit-Policy"));
            Assert.StartsWith("\"address\";r=2;t=", Header(first, "RateLimit"), StringComparison.Ordinal);
        }

        using var no = await UntilTurnedAwayAsync(() => client.GetAsync("/api/plans"), HttpStatusCode.OK);
        using var other = await client.GetAsync("/api/regions");
        using var welcome = await neighbour.GetAsync("/api/plans");

        Assert.Equal("too_many_requests", await ApiClient.CodeAsync(no, HttpStatusCode.TooManyRequests));
        AssertSays(no, "address", 3);
        Assert.Equal(HttpStatusCode.TooManyRequests, other.StatusCode);
        Assert.Equal(HttpStatusCode.OK, welcome.StatusCode);
    }

    [Fact]
    public async Task An_account_has_a_share_of_its_own_wherever_it_calls_from()
    {
        var (email, _) = await SignedUpAsync();
        using var client = await LogInAsync(email);
        using var no = await UntilTurnedAwayAsync(() => client.GetAsync("/api/auth/me"), HttpStatusCode.OK);
        using var elsewhere = new ApiClient(fixture.Server) { Token = client.Token };
        using var again = await elsewhere.GetAsync("/api/devices");
        using var anonymous = await elsewhere.GetAsync("/api/plans");
        elsewhere.Token = null;
        using var nobody = await elsewhere.GetAsync("/api/plans");

        Assert.Equal("too_many_requests", await ApiClient.CodeAsync(no, HttpStatusCode.TooManyRequests));
        AssertSays(no, "account", 3);
        Assert.Equal(HttpStatusCode.TooManyRequests, again.StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, anonymous.StatusCode);
        Assert.Equal(HttpStatusCode.OK, nobody.StatusCode);
    }

    [Fact]
    public async Task Two_keys_of_one_account_do_not_stop_each_other()
    {
        var (_, visitor) = await SignedUpAsync();
        using var one = new ApiClient(fixture.Server) { Token = await KeyAsync(visitor) };
        using var two = new ApiClient(fixture.Server) { Token = await KeyAsync(visitor) };

        using var no = await UntilTurnedAwayAsync(() => one.GetAsync("/v1/api-keys/current"), HttpStatusCode.OK);
        using var yes = await two.GetAsync("/v1/api-keys/current");

        Assert.Equal("too_many_requests", await ApiClient.CodeAsync(no, HttpStatusCode.TooManyRequests));
        AssertSays(no, "key", 2);
        Assert.Equal(HttpStatusCode.OK, yes.StatusCode);
        Assert.StartsWith("\"key\";r=1;t=", Header(yes, "RateLimit"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/oauth/token")]
    [InlineData("/oauth/revoke")]
    [InlineData("/oauth/introspect")]
    [InlineData("/oauth/device_authorization")]
    public async Task The_OAuth_endpoints_say_it_in_their_own_form(string path)
    {
        using var client = new ApiClient(fixture.Server);
        using var no = await UntilTurnedAwayAsync(
            async () =>
            {
                using var form = new FormUrlEncodedContent([KeyValuePair.Create("client_id", "nobody")]);
                return await client.Http.PostAsync(new Uri(path, UriKind.Relative), form);
            },
            HttpStatusCode.BadRequest,
            HttpStatusCode.Unauthorized);

        var error = await ApiClient.JsonAsync(no, HttpStatusCode.TooManyRequests);
        Assert.Equal(["error", "error_description"], error.EnumerateObject().Select(member => member.Name));
        Assert.Equal("temporarily_unavailable", error.GetProperty("error").GetString());
        Assert.True(no.Headers.CacheControl?.NoStore);
        AssertSays(no, "address", 3);
    }

    [Theory]
    [InlineData("nothing.of.ours")]
    [InlineData("spoq_live_nothing")]
    public async Task A_wrong_bearer_counts_against_its_address_and_is_told_so(string token)
    {
        using var client = new ApiClient(fixture.Server) { Token = token };
        using (var first = await client.GetAsync("/api/auth/me"))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, first.StatusCode);
            Assert.StartsWith("\"address\";r=2;t=", Header(first, "RateLimit"), StringComparison.Ordinal);
            Assert.Equal("\"address\";q=3;w=60", Header(first, "RateLimit-Policy"));
            Assert.StartsWith("Bearer", first.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        }

        using var no = await UntilTurnedAwayAsync(() => client.GetAsync("/api/auth/me"), HttpStatusCode.Unauthorized);
        client.Token = null;
        using var without = await client.GetAsync("/api/plans");

        AssertSays(no, "address", 3);
        Assert.Equal(HttpStatusCode.TooManyRequests, without.StatusCode);
    }

    [Fact]
    public async Task Who_forgot_their_token_is_counted_too()
    {
        using var client = new ApiClient(fixture.Server);

        using var no = await UntilTurnedAwayAsync(() => client.GetAsync("/api/devices"), HttpStatusCode.Unauthorized);

        AssertSays(no, "address", 3);
    }

    private static async Task<HttpResponseMessage> UntilTurnedAwayAsync(Func<Task<HttpResponseMessage>> call, params HttpStatusCode[] before)
    {
        for (var i = 0; i < MostTries; i++)
        {
            var answer = await call();
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                return answer;
            }

            Assert.Contains(answer.StatusCode, before);
            Assert.True(answer.Headers.Contains("RateLimit") && answer.Headers.Contains("RateLimit-Policy"));
            answer.Dispose();
        }

        throw new InvalidOperationException($"After {MostTries} calls still nobody was turned away.");
    }

    private static void AssertSays(HttpResponseMessage no, string name, int count)
    {
        Assert.Equal($"\"{name}\";q={count};w=60", Header(no, "RateLimit-Policy"));
        var left = Regex.Match(Header(no, "RateLimit"), $"^\"{name}\";r=0;t=([0-9]+)$");
        Assert.True(left.Success, Header(no, "RateLimit"));
        var wait = int.Parse(Header(no, "Retry-After"), CultureInfo.InvariantCulture);
        Assert.InRange(wait, 1, 60 / count + 1);
        Assert.InRange(int.Parse(left.Groups[1].Value, CultureInfo.InvariantCulture), 1, 61);
    }

    private static string Header(HttpResponseMessage answer, string name) => Assert.Single(answer.Headers.GetValues(name));

    /// <summary>By pages, which these limits are not about.</summary>
    private async Task<(string Email, HttpVisitor Visitor)> SignedUpAsync()
    {
        var visitor = new HttpVisitor(fixture.Server);
        return (await visitor.SignUpAsync(), visitor);
    }

    private async Task<ApiClient> LogInAsync(string email)
    {
        var client = new ApiClient(fixture.Server);
        using var answer = await client.PostAsync("/api/auth/login", new { email, password = ApiClient.Password });
        client.Keep(await ApiClient.JsonAsync(answer, HttpStatusCode.OK));
        return client;
    }

    private static async Task<string> KeyAsync(HttpVisitor visitor)
    {
        const string Page = "/dashboard/keys?new=1";
        using var made = await visitor.SubmitAsync(Page, "create-key", await visitor.FormTokenAsync("/dashboard/account"), "name=a+key&scopes=ai");
        return Regex.Match(await made.Content.ReadAsStringAsync(), "spoq_live_[0-9A-Za-z]{49}").Value;
    }
}

/// <summary>Two or three requests a minute.</summary>
public sealed class NarrowServer : StoryServer
{
    protected override Task<IReadOnlyDictionary<string, string>?> SettingsAsync() => Task.FromResult<IReadOnlyDictionary<string, string>?>(new Dictionary<string, string>
    {
        ["Limits__AnonymousPerMinute"] = "3",
        ["Limits__AccountPerMinute"] = "3",
        ["Limits__KeyPerMinute"] = "2",
    });
}
