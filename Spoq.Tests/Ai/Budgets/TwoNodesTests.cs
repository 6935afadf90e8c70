using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Npgsql;
using Spoq.Tests.Emulators.Ai;
using Spoq.Tests.Support;
using Xunit.Abstractions;

namespace Spoq.Tests.Ai.Budgets;

/// <summary>Two real servers spend one account's cap as fast as they can, and one of them is killed on the way.</summary>
public sealed class TwoNodesTests(ITestOutputHelper output)
{
    private const long Cap = 400_000;
    private const int WorkersPerNode = 8;

    [Fact]
    public async Task Two_nodes_of_which_one_is_killed_keep_one_cap_within_the_stated_bound()
    {
        await using var upstream = await AiEmulator.StartAsync();
        var settings = AiWorld.Settings(upstream, upstream, upstream);
        for (var at = 0; at < 3; at++)
        {
            // Left too soon, it would be asked again for the same call and count it twice.
            settings[$"Ai__Upstreams__{at}__AnswerTimeoutSeconds"] = "60";
        }

        await using var first = await SpoqServer.NewAsync(settings);
        await using var second = await first.NewSiblingAsync(settings);
        using var customer = await ApiClient.SignedUpAsync(first);
        using var made = await customer.PostAsync("/v1/api-keys", new { name = "spender", scopes = new[] { "ai" } });
        var key = (await ApiClient.JsonAsync(made, HttpStatusCode.Created)).GetProperty("key").GetString()!;
        using var capped = await customer.SendAsync(HttpMethod.Put, "/v1/usage/cap", new { monthly_cap_microdollars = Cap });
        Assert.Equal(HttpStatusCode.OK, capped.StatusCode);

        var spending = Enumerable.Range(0, 2 * WorkersPerNode).Select(at => SpendAsync(at < WorkersPerNode ? [first] : [second, first], key)).ToList();
        await Eventually.TrueAsync(() => Truth(upstream) > Cap / 3, "a third of the cap to be spent", TimeSpan.FromSeconds(60));
        await second.KillAsync();
        await Task.WhenAll(spending);
        await second.StartAsync();

        await using var books = NpgsqlDataSource.Create(first.ConnectionString);
        var spent = 0L;
        await Eventually.TrueAsync(async () => (spent = await SpentAsync(books)) > 0 && await CountAsync(books) >= upstream.Ledger.Entries.Count, "every call to be in the books");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"cap {Cap}, spent {spent} ({(double)spent / Cap:0.000}) in {upstream.Ledger.Entries.Count} calls on two nodes, one killed; the upstream counted {Truth(upstream)}"));

        // What the dead one held is nobody's for two minutes: less than the cap is spent, never more than the bound.
        Assert.InRange(spent, Cap / 3, Cap + (Cap / 8));

        // Of the calls that the kill caught in the middle, an answer in one piece had not been read.
        var truth = Truth(upstream);
        Assert.InRange(spent, truth - (WorkersPerNode * upstream.Ledger.Entries.Max(Cost)), truth);
    }

    /// <summary>Until the cap is told.</summary>
    private static async Task SpendAsync(SpoqServer[] nodes, string key)
    {
        foreach (var node in nodes)
        {
            using var program = node.NewClient();
            program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            var body = AiWorld.Chat(new AiScript(Tokens: 100));
            body["max_tokens"] = 150;
            try
            {
                while (true)
                {
                    using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
                    using var answer = await program.PostAsync(new Uri("/v1/chat/completions", UriKind.Relative), content);
                    if (answer.StatusCode == HttpStatusCode.TooManyRequests && (await answer.Content.ReadAsStringAsync()).Contains("insufficient_quota", StringComparison.Ordinal))
                    {
                        return;
                    }
                }
            }
            catch (HttpRequestException)
            {
                // It was killed: the other node goes on.
            }
        }
    }

    /// <summary>In microdollars, at the prices of <see cref="AiWorld"/>.</summary>
    private static long Truth(AiEmulator upstream) => upstream.Ledger.Entries.Sum(Cost);

    private static long Cost(LedgerEntry entry) => (long)Math.Ceiling((entry.Prompt * 1.25) + (entry.Completion * 10));

    private static async Task<long> SpentAsync(NpgsqlDataSource books)
    {
        await using var command = books.CreateCommand("select coalesce(sum(cost_microdollars), 0)::bigint from usage_monthly");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<long> CountAsync(NpgsqlDataSource books)
    {
        await using var command = books.CreateCommand("select count(*) from usage_events");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
