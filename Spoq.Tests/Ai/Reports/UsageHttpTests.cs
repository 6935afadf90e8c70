using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai.Reports;

public sealed class UsageHttpTests
{
    [Fact]
    public async Task A_request_is_counted_by_day_model_and_key_within_a_second_or_so()
    {
        var server = await SpoqServer.SharedAsync();
        using var customer = await ApiClient.SignedUpAsync(server);
        using var made = await customer.PostAsync("/v1/api-keys", new { name = "=counter", scopes = new[] { "ai" }, monthly_cap_microdollars = 2_000_000 });
        var key = await ApiClient.JsonAsync(made, HttpStatusCode.Created);
        using var program = server.NewClient();
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.GetProperty("key").GetString());

        using var answer = await program.PostAsJsonAsync("/v1/chat/completions", new { model = "spoq-echo", max_tokens = 50, messages = new[] { new { role = "user", content = "one two three" } } });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var told = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("usage");
        await Eventually.TrueAsync(async () => (await program.GetFromJsonAsync<JsonElement>("/v1/usage")).GetProperty("total").GetProperty("requests").GetInt64() == 1, "the request to be counted");

        var usage = await program.GetFromJsonAsync<JsonElement>("/v1/usage?group_by=day,model,key");
        var line = Assert.Single(usage.GetProperty("data").EnumerateArray());
        Assert.Equal(("spoq-echo", key.GetProperty("id").GetString()), (line.GetProperty("model").GetString(), line.GetProperty("api_key_id").GetString()));
        Assert.Equal(told.GetProperty("prompt_tokens").GetInt64(), line.GetProperty("input_tokens").GetInt64() + line.GetProperty("cached_input_tokens").GetInt64());
        Assert.Equal(told.GetProperty("total_tokens").GetInt64(), line.GetProperty("total_tokens").GetInt64());
        Assert.Equal(0, line.GetProperty("estimated_requests").GetInt64());

        var remaining = await program.GetFromJsonAsync<JsonElement>("/v1/usage/remaining");
        var cost = line.GetProperty("cost_microdollars").GetInt64();
        Assert.True(cost > 0);
        Assert.Equal((10_000_000 - cost, 2_000_000 - cost), (remaining.GetProperty("remaining_microdollars").GetInt64(), remaining.GetProperty("key").GetProperty("remaining_microdollars").GetInt64()));

        using var export = await program.GetAsync(new Uri("/v1/usage/export.csv", UriKind.Relative));
        Assert.Equal("text/csv", export.Content.Headers.ContentType!.MediaType);
        var rows = (await export.Content.ReadAsStringAsync()).Split("\r\n");
        Assert.Equal(3, rows.Length);
        Assert.Contains(",'=counter,1,", rows[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_follow_each_other_a_stranger_sees_nothing_and_bad_questions_are_told_what_is_wrong()
    {
        var server = await SpoqServer.SharedAsync();
        using var customer = await ApiClient.SignedUpAsync(server);
        using var stranger = await ApiClient.SignedUpAsync(server);
        await using (var source = NpgsqlDataSource.Create(server.ConnectionString))
        {
            await Usage.FillAsync(source, await Usage.AccountOfAsync(source, customer.Email), TimeProvider.System.GetUtcNow(), days: 5);
        }

        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var path = $"/v1/usage?from={today.AddDays(-10):yyyy-MM-dd}&group_by=day,model&limit=3";
        var first = await customer.Http.GetFromJsonAsync<JsonElement>(path);
        var seen = first.GetProperty("data").EnumerateArray().ToList();
        for (var next = first.GetProperty("next_cursor"); next.ValueKind != JsonValueKind.Null;)
        {
            var page = await customer.Http.GetFromJsonAsync<JsonElement>($"{path}&cursor={next.GetString()}");
            seen.AddRange(page.GetProperty("data").EnumerateArray());
            next = page.GetProperty("next_cursor");
        }

        Assert.Equal(10, seen.Count);
        Assert.Equal(10, seen.Select(line => line.GetProperty("day").GetString() + line.GetProperty("model").GetString()).Distinct().Count());
        Assert.Equal(first.GetProperty("total").GetProperty("cost_microdollars").GetInt64(), seen.Sum(line => line.GetProperty("cost_microdollars").GetInt64()));
        Assert.Equal(0, (await stranger.Http.GetFromJsonAsync<JsonElement>(path)).GetProperty("total").GetProperty("requests").GetInt64());

        foreach (var (query, code) in new[] { ("from=yesterday", "bad_day"), ("from=2026-03-02&to=2026-03-01", "bad_period"), ("from=2020-01-01&to=2026-01-01", "bad_period"), ("group_by=mood", "bad_group_by") })
        {
            using var refused = await customer.Http.GetAsync(new Uri($"/v1/usage?{query}", UriKind.Relative));
            Assert.Equal((HttpStatusCode.BadRequest, code), (refused.StatusCode, (await refused.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString()));
        }
    }
}
