using System.Diagnostics;
using System.Net;
using Npgsql;
using Spoq.Tests.Emulators.Ai;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai;

/// <summary>Which upstream is asked and how often, who may ask at all, and what is on record when a stream ends otherwise.</summary>
public sealed class PathTests(AiWorld world) : IClassFixture<AiWorld>
{
    private const string Path = "/v1/chat/completions";

    [Fact]
    public async Task An_upstream_that_fails_is_left_alone_and_asked_again_once_it_is_back()
    {
        await using var node = await world.SiblingAsync(("Ai__Upstreams__0__MaxFailures", "3"));
        using var program = AiWorld.NewProgram(node, world.Key);
        var since = Stopwatch.StartNew();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(200, await AskAsync(program, new AiScript("breaker", "500", Only: "first")));
        }

        // After three failures it is asked again after a second, two more, four more and so on.
        Assert.InRange(world.First.Ledger.Entries.Count(entry => entry.Id == "breaker"), 3, 4 + (int)Math.Log2(1 + since.Elapsed.TotalSeconds));
        await Eventually.TrueAsync(async () => await AskAsync(program, new AiScript("back")) == 200 && world.First.Ledger.Entries.Any(entry => entry.Id == "back"), "the first to be asked again");
    }

    [Fact]
    public async Task A_full_upstream_is_passed_over_and_when_all_are_the_caller_hears_when_to_come_again()
    {
        await using var node = await world.SiblingAsync(("Ai__Upstreams__0__MaxConcurrent", "1"), ("Ai__Upstreams__1__MaxConcurrent", "1"));
        using var program = AiWorld.NewProgram(node, world.Key);
        using var one = await BeginAsync(program, "full-1");
        using var other = await BeginAsync(program, "full-2");
        Assert.Equal(("full-1", "full-2"), (world.First.Ledger.Entries.Last(entry => entry.Id.StartsWith("full", StringComparison.Ordinal)).Id, world.Second.Ledger.Entries.Last(entry => entry.Id.StartsWith("full", StringComparison.Ordinal)).Id));
        using var refused = await world.PostAsync(Path, AiWorld.Chat(new AiScript("full-3")), program);

        await BadAiInputTests.RefusedAsync(refused, 503, "upstream_unavailable", null);
        Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Only_so_many_answers_of_a_key_run_at_once()
    {
        await using var node = await world.SiblingAsync(("Ai__KeyStreams", "2"));
        using var program = AiWorld.NewProgram(node, (await world.NewKeyAsync()).Secret);
        var one = await BeginAsync(program, "places");
        using var other = await BeginAsync(program, "places");
        using var refused = await world.PostAsync(Path, AiWorld.Chat(new AiScript("places")), program);
        await BadAiInputTests.RefusedAsync(refused, 429, "concurrency_limit_exceeded", null);
        one.Dispose();

        await Eventually.TrueAsync(async () => await AskAsync(program, new AiScript("places")) == 200, "a place to be free again");
    }

    [Fact]
    public async Task A_stream_that_its_client_left_is_read_to_its_end_where_that_is_wanted()
    {
        await using var node = await world.SiblingAsync(("Ai__Upstreams__0__DrainSeconds", "20"), ("Ai__Upstreams__1__DrainSeconds", "20"));
        var program = AiWorld.NewProgram(node, world.Key);
        var answer = await world.PostAsync(Path, AiWorld.Chat(new AiScript("drained", Tokens: 120, Prompt: 77, DelayMilliseconds: 10), stream: true), program);
        await using (var stream = await answer.Content.ReadAsStreamAsync())
        {
            Assert.True(await stream.ReadAsync(new byte[100]) > 0);
        }

        answer.Dispose();
        program.Dispose();

        Assert.Equal((77, 120, false), await EventAsync(answer));
    }

    [Fact]
    public async Task A_running_count_of_a_stream_that_broke_off_is_an_estimate()
    {
        using var cut = await world.PostAsync(Path, AiWorld.Chat(new AiScript("running", "running_usage", After: 7, Tokens: 50, Prompt: 77), stream: true));
        Assert.Contains("upstream_disconnected", await cut.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var whole = await world.PostAsync(Path, AiWorld.Chat(new AiScript("running", "running_usage", After: 100, Tokens: 50, Prompt: 77), stream: true));
        Assert.EndsWith("data: [DONE]\n\n", await whole.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        Assert.Equal((77, 7, true), await EventAsync(cut));
        Assert.Equal((77, 50, false), await EventAsync(whole));
    }

    [Theory]
    [InlineData(AiWorld.Model)]
    [InlineData(AiWorld.Claude)]
    public async Task Who_has_read_the_last_word_finds_it_on_record_though_the_upstream_hangs_on(string model)
    {
        using var answer = await world.PostAsync(Path, ContractTests.Say(AiWorld.Chat(new AiScript("stay", "stay", Tokens: 3), stream: true, model)));
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var text = "";
        while (!text.Contains("[DONE]", StringComparison.Ordinal))
        {
            text += await reader.ReadLineAsync() + "\n";
        }

        Assert.Equal((11, 3, false), await EventAsync(answer));
        Assert.DoesNotContain("error", text + await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upstreams_refusal_that_never_ends_is_not_waited_for()
    {
        using var answer = await world.PostAsync(Path, AiWorld.Chat(new AiScript("slow-error", "slow_error")));

        await BadAiInputTests.RefusedAsync(answer, 502, "upstream_error", null);
    }

    [Fact]
    public async Task What_a_model_says_of_usage_is_not_its_usage()
    {
        var trap = "\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}},\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}";
        foreach (var stream in new[] { false, true })
        {
            using var answer = await world.PostAsync(Path, AiWorld.Chat(new AiScript("trap", Tokens: 4, Prompt: 77, Says: trap), stream));
            Assert.Contains("usage", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal((77, 4, false), await EventAsync(answer));
        }
    }

    [Fact]
    public async Task A_model_of_another_plan_is_refused_and_not_listed()
    {
        using var customer = await ApiClient.SignedUpAsync(world.Server);
        await GivePlanAsync(customer.AccountId);
        using var program = world.NewProgram(customer.Token!);
        using var refused = await world.PostAsync(Path, AiWorld.Chat(new AiScript(), model: "pro-only"), program);
        var listed = await program.GetStringAsync(new Uri("/v1/models", UriKind.Relative));

        await BadAiInputTests.RefusedAsync(refused, 403, "model_not_in_plan", "model");
        Assert.DoesNotContain("pro-only", listed, StringComparison.Ordinal);
        Assert.Contains(AiWorld.Model, listed, StringComparison.Ordinal);
    }

    internal static async Task<(int Input, int Output, bool IsEstimated)> EventOfAsync(string connectionString, Guid requestId)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        var found = (0, 0, false);
        await Eventually.TrueAsync(
            async () =>
            {
                await using var command = source.CreateCommand("select input_tokens::int, output_tokens::int, is_estimated from usage_events where request_id = $1");
                command.Parameters.Add(new() { Value = requestId });
                await using var row = await command.ExecuteReaderAsync();
                var isThere = await row.ReadAsync();
                found = isThere ? (row.GetInt32(0), row.GetInt32(1), row.GetBoolean(2)) : found;
                return isThere;
            },
            "the event of the call");
        return found;
    }

    private Task<(int Input, int Output, bool IsEstimated)> EventAsync(HttpResponseMessage answer) =>
        EventOfAsync(world.Server.ConnectionString, Guid.Parse(answer.Headers.GetValues("X-Request-Id").Single()));

    /// <summary>The plan alone, without the computer and the checkout that it comes with.</summary>
    private async Task GivePlanAsync(Guid accountId)
    {
        await using var db = TestCluster.NewContext(world.Server.ConnectionString);
        await LonePlan.GiveAsync(db, accountId, TimeProvider.System.GetUtcNow());
    }

    /// <summary>An answer that has begun and stays under way.</summary>
    private async Task<HttpResponseMessage> BeginAsync(HttpClient program, string id)
    {
        var answer = await world.PostAsync(Path, AiWorld.Chat(new AiScript(id, Tokens: 100_000, DelayMilliseconds: 20), stream: true), program);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer;
    }

    private async Task<int> AskAsync(HttpClient program, AiScript script)
    {
        using var answer = await world.PostAsync(Path, AiWorld.Chat(script), program);
        await answer.Content.ReadAsStringAsync();
        return (int)answer.StatusCode;
    }
}
