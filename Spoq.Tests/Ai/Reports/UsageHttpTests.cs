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

    [Fact]
    public async Task A_program_reads_and_sets_the_cap_of_the_account_and_of_a_key()
    {
        var server = await SpoqServer.SharedAsync();
        using var customer = await ApiClient.SignedUpAsync(server);
        using var stranger = await ApiClient.SignedUpAsync(server);
        using var made = await customer.PostAsync("/v1/api-keys", new { name = "capped later", scopes = new[] { "ai" } });
        var key = await ApiClient.JsonAsync(made, HttpStatusCode.Created);
        var id = key.GetProperty("id").GetGuid();
        using var program = server.NewClient();
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.GetProperty("key").GetString());
        Task<HttpResponseMessage> AskAsync() => program.PostAsJsonAsync("/v1/chat/completions", new { model = "spoq-echo", max_tokens = 50, messages = new[] { new { role = "user", content = "one two three" } } });

        Assert.Equal(10_000_000, (await customer.ReadAsync("/v1/usage/cap")).GetProperty("monthly_cap_microdollars").GetInt64());
        Assert.Equal(JsonValueKind.Null, (await customer.ReadAsync($"/v1/usage/cap?api_key_id={id}")).GetProperty("monthly_cap_microdollars").ValueKind);
        using (var asked = await AskAsync())
        {
            Assert.Equal(HttpStatusCode.OK, asked.StatusCode);
        }

        await SetAsync(customer, new { api_key_id = id, monthly_cap_microdollars = 3 }, HttpStatusCode.OK);
        Assert.Equal(3, (await customer.ReadAsync($"/v1/usage/cap?api_key_id={id}")).GetProperty("monthly_cap_microdollars").GetInt64());
        await Eventually.TrueAsync(async () => { using var asked = await AskAsync(); return asked.StatusCode == HttpStatusCode.TooManyRequests; }, "the key's cap to hold");

        await SetAsync(customer, new { api_key_id = id, monthly_cap_microdollars = (long?)null }, HttpStatusCode.OK);
        await Eventually.TrueAsync(async () => { using var asked = await AskAsync(); return asked.StatusCode == HttpStatusCode.OK; }, "the key's cap to be gone");
        await SetAsync(customer, new { monthly_cap_microdollars = 0 }, HttpStatusCode.OK);
        await Eventually.TrueAsync(async () => { using var asked = await AskAsync(); return asked.StatusCode == HttpStatusCode.TooManyRequests; }, "the account's cap to hold");

        await SetAsync(customer, new { monthly_cap_microdollars = -1 }, HttpStatusCode.UnprocessableEntity);
        await SetAsync(customer, new { }, HttpStatusCode.UnprocessableEntity);
        await SetAsync(customer, new { api_key_id = id, monthly_cap_microdollars = 0 }, HttpStatusCode.UnprocessableEntity);
        await SetAsync(stranger, new { api_key_id = id, monthly_cap_microdollars = 5 }, HttpStatusCode.NotFound);
        using var refused = await stranger.GetAsync($"/v1/usage/cap?api_key_id={id}");
        Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
        using var own = await program.PutAsJsonAsync("/v1/usage/cap", new { monthly_cap_microdollars = 99_000_000 });
        Assert.Equal(HttpStatusCode.Forbidden, own.StatusCode);
    }

    [Fact]
    public async Task An_export_of_many_pages_has_every_line_once()
    {
        var server = await SpoqServer.SharedAsync();
        using var customer = await ApiClient.SignedUpAsync(server);
        await using (var source = NpgsqlDataSource.Create(server.ConnectionString))
        {
            await using var fill = source.CreateCommand("""
                insert into usage_daily (account_id, day, api_key_id, model, requests, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_microdollars, estimated_requests)
                select $1, '2026-01-01'::date + day, md5(key::text)::uuid, 'model-' || model, 1, 1, 0, 0, 1, 0, 1, 0
                from generate_series(0, 99) day, generate_series(1, 5) key, generate_series(1, 5) model
                """);
            fill.Parameters.Add(new() { Value = customer.AccountId });
            await fill.ExecuteNonQueryAsync();
        }

        using var export = await customer.GetAsync("/v1/usage/export.csv?from=2026-01-01&to=2026-04-05");
        var rows = (await export.Content.ReadAsStringAsync()).Split("\r\n")[1..^1];

        Assert.Equal(95 * 25, rows.Length);
        Assert.Equal(95 * 25, rows.Distinct().Count());
        Assert.Equal(rows.Select(row => row[..10]).Order(StringComparer.Ordinal), rows.Select(row => row[..10]));
    }

    private static async Task SetAsync(ApiClient client, object cap, HttpStatusCode expected)
    {
        using var set = await client.SendAsync(HttpMethod.Put, "/v1/usage/cap", cap);
        Assert.True(set.StatusCode == expected, await set.Content.ReadAsStringAsync());
    }
}
