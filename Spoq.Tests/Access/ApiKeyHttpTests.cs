using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

public sealed class ApiKeyHttpTests
{
    [Fact]
    public async Task A_key_is_made_used_rotated_and_revoked_by_json()
    {
        var server = await SpoqServer.SharedAsync();
        using var person = await SignedInAsync(server);
        using var program = server.NewClient();

        using var made = await person.Http.PostAsJsonAsync("/v1/api-keys", new { name = "backup", scopes = new[] { "ai", "instance" }, monthly_cap_microdollars = 5_000_000 });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var key = await made.Content.ReadFromJsonAsync<JsonElement>();
        var (id, secret) = (key.GetProperty("id").GetString(), key.GetProperty("key").GetString()!);
        Assert.StartsWith(key.GetProperty("prefix").GetString()!, secret, StringComparison.Ordinal);

        program.DefaultRequestHeaders.Authorization = new("Bearer", secret);
        var current = await program.GetFromJsonAsync<JsonElement>("/v1/api-keys/current");
        program.DefaultRequestHeaders.Authorization = null;
        Assert.Equal((id, "backup"), (current.GetProperty("id").GetString(), current.GetProperty("name").GetString()));

        // Known, but not let in where keys are not taken.
        Assert.Equal((403, "api_key_not_accepted"), await UseAsync(program, secret));
        var list = await person.Http.GetStringAsync(new Uri("/v1/api-keys", UriKind.Relative));
        Assert.DoesNotContain(secret[20..], list, StringComparison.Ordinal);
        var listed = JsonDocument.Parse(list).RootElement.GetProperty("data")[0];
        Assert.Equal(5_000_000, listed.GetProperty("monthly_cap_microdollars").GetInt64());
        Assert.NotEqual(JsonValueKind.Null, listed.GetProperty("last_used_at").ValueKind);

        using var rotated = await person.Http.PostAsJsonAsync($"/v1/api-keys/{id}/rotate", new { overlap_hours = 1 });
        var next = (await rotated.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!;
        Assert.Equal(403, (await UseAsync(program, secret)).Status);
        Assert.Equal(403, (await UseAsync(program, next)).Status);
        using var again = await person.Http.PostAsync(new Uri($"/v1/api-keys/{id}/rotate", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        await Eventually.TrueAsync(async () => (await UseAsync(program, next)).Status == 401, "the secret before the rotation to end");

        using var revoked = await person.Http.DeleteAsync(new Uri($"/v1/api-keys/{id}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        var last = (await again.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!;
        await Eventually.TrueAsync(async () => await UseAsync(program, last) == (401, "invalid_token"), "the revoked key to end");
    }

    [Fact]
    public async Task Pages_of_the_list_follow_each_other_and_a_strangers_key_is_not_there()
    {
        var server = await SpoqServer.SharedAsync();
        using var person = await SignedInAsync(server);
        using var stranger = await SignedInAsync(server);
        for (var i = 0; i < 3; i++)
        {
            using var made = await person.Http.PostAsJsonAsync("/v1/api-keys", new { name = $"key {i}", scopes = new[] { "ai" } });
        }

        var first = await person.Http.GetFromJsonAsync<JsonElement>("/v1/api-keys?limit=2");
        var second = await person.Http.GetFromJsonAsync<JsonElement>($"/v1/api-keys?limit=2&cursor={first.GetProperty("next_cursor").GetString()}");
        Assert.Equal(["key 2", "key 1", "key 0"], first.GetProperty("data").EnumerateArray().Concat(second.GetProperty("data").EnumerateArray()).Select(key => key.GetProperty("name").GetString()));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next_cursor").ValueKind);

        var id = second.GetProperty("data")[0].GetProperty("id").GetString();
        using var rotate = await stranger.Http.PostAsync(new Uri($"/v1/api-keys/{id}/rotate", UriKind.Relative), null);
        using var revoke = await stranger.Http.DeleteAsync(new Uri($"/v1/api-keys/{id}", UriKind.Relative));
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (rotate.StatusCode, revoke.StatusCode));
    }

    [Theory]
    [InlineData("{}", 422)]
    [InlineData("""{"name":"x","scopes":["account"]}""", 422)]
    [InlineData("""{"name":"x","scopes":["ai"],"expires_at":"2001-01-01T00:00:00Z"}""", 422)]
    [InlineData("""{"name":"x","scopes":["ai"],"monthly_cap_microdollars":-1}""", 422)]
    [InlineData("""{"name":"x","scopes":"ai"}""", 400)]
    [InlineData("[", 400)]
    public async Task What_makes_no_sense_is_refused_with_a_reason(string body, int status)
    {
        using var person = await SignedInAsync(await SpoqServer.SharedAsync());
        using var content = new StringContent(body, null, "application/json");

        using var answer = await person.Http.PostAsync(new Uri("/v1/api-keys", UriKind.Relative), content);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.NotEqual("", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("/v1/models?api_key={0}")]
    [InlineData("/?q={0}")]
    [InlineData("/health?key={0}")]
    [InlineData("/login?return_url=%2Fx%3Fkey%3D{0}")]
    [InlineData("/no/such/place/{0}")]
    [InlineData("/hubs/instances?access_token={0}")]
    public async Task A_key_in_an_address_is_refused_everywhere_and_written_down_nowhere(string address)
    {
        var server = await SpoqServer.SharedAsync();
        using var person = server.NewClient();
        var key = Spoq.Core.Access.ApiKeyText.Write(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        foreach (var spelled in new[] { key, key.Replace("_", "%5F", StringComparison.Ordinal), key.Replace("_", "%255f", StringComparison.Ordinal), key[..40] })
        {
            using var answer = await person.GetAsync(new Uri(string.Format(null, address, spelled), UriKind.Relative));

            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains("\"api_key_in_url\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.True(answer.Headers.Contains("X-Request-Id"));
        }

        Assert.DoesNotContain(key[10..30], server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_the_page_without_a_script_a_key_is_shown_once_rotated_and_revoked_by_name()
    {
        var server = await SpoqServer.SharedAsync();
        using var person = await SignedInAsync(server);
        var token = await person.FormTokenAsync("/dashboard/keys?new=1");

        using var nameless = await person.SubmitAsync("/dashboard/keys?new=1", "create-key", token, "name=&scopes=ai");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, nameless.StatusCode);
        using var created = await person.SubmitAsync("/dashboard/keys?new=1", "create-key", token, "name=night%20job&scopes=ai&scopes=email.read&expiry=30&cap=12.5");
        var shown = await created.Content.ReadAsStringAsync();
        var secret = Regex.Match(shown, "spoq_live_[0-9A-Za-z]{49}").Value;
        Assert.True(Spoq.Core.Access.ApiKeyText.IsWellFormed(secret));
        using var program = server.NewClient();
        Assert.Equal(403, (await UseAsync(program, secret)).Status);

        var page = await person.Http.GetStringAsync(new Uri("/dashboard/keys", UriKind.Relative));
        Assert.DoesNotContain(secret, page, StringComparison.Ordinal);
        Assert.Contains("night job", page, StringComparison.Ordinal);
        Assert.Contains("at most $12.5 a month", page, StringComparison.Ordinal);
        var id = Regex.Match(page, "revoke=([0-9a-f-]{36})").Groups[1].Value;

        using var rotated = await person.SubmitAsync($"/dashboard/keys?rotate={id}", "rotate-key", token, "overlap_hours=0");
        var next = Regex.Match(await rotated.Content.ReadAsStringAsync(), "spoq_live_[0-9A-Za-z]{49}").Value;
        Assert.NotEqual(secret, next);
        Assert.Contains("Revoke night job?", await person.Http.GetStringAsync(new Uri($"/dashboard/keys?revoke={id}", UriKind.Relative)), StringComparison.Ordinal);
        using var revoked = await person.SubmitAsync($"/dashboard/keys?revoke={id}", "revoke-key", token, "");
        Assert.Equal("/dashboard/keys?done=revoked", new Uri(server.BaseUrl, revoked.Headers.Location!).PathAndQuery);
        await Eventually.TrueAsync(async () => (await UseAsync(program, next)).Status == 401, "the revoked key to end");
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    [InlineData(73)]
    [InlineData(-1)]
    public async Task An_overlap_that_is_out_of_range_is_refused_however_far(int hours)
    {
        var server = await SpoqServer.SharedAsync();
        using var person = await SignedInAsync(server);
        using var made = await person.Http.PostAsJsonAsync("/v1/api-keys", new { name = "overlap", scopes = new[] { "ai" } });
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();

        using var answer = await person.Http.PostAsJsonAsync($"/v1/api-keys/{id}/rotate", new { overlap_hours = hours });
        using var form = await person.SubmitAsync($"/dashboard/keys?rotate={id}", "rotate-key", await person.FormTokenAsync("/dashboard/account"), $"overlap_hours={hours}");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, form.StatusCode);
    }

    private static async Task<HttpVisitor> SignedInAsync(SpoqServer server)
    {
        var person = new HttpVisitor(server);
        await person.SignUpAsync();
        person.Http.DefaultRequestHeaders.Accept.Clear();
        person.Http.DefaultRequestHeaders.Add("RequestVerificationToken", await person.FormTokenAsync("/dashboard/account"));
        return person;
    }

    /// <summary>At an endpoint that wants an account.</summary>
    private static async Task<(int Status, string? Code)> UseAsync(HttpClient program, string secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/api-keys");
        request.Headers.Authorization = new("Bearer", secret);
        using var answer = await program.SendAsync(request);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return ((int)answer.StatusCode, body.TryGetProperty("code", out var code) ? code.GetString() : null);
    }
}
