using System.Net;
using Npgsql;
using Spoq.Tests.Emulators.Ai;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai;

/// <summary>PostgreSQL away, hanging, and back: whoever was served goes on being served, and nothing that was used is lost.</summary>
public sealed class AwayTests(AiWorld world) : IClassFixture<AiWorld>
{
    private long _answered;

    [Fact]
    public async Task Known_keys_and_tokens_go_on_while_the_database_is_cut_off_or_hangs_and_all_they_used_arrives_after()
    {
        var database = new NpgsqlConnectionStringBuilder(world.Server.ConnectionString);
        await using var passage = new Passage(database.Host!, database.Port);
        (database.Host, database.Port, database.Timeout, database.CommandTimeout) = ("127.0.0.1", passage.Port, 15, 30);
        await using var node = await world.SiblingAsync(("ConnectionStrings__Spoq", database.ConnectionString), ("Spoq__BaseUrl", $"http://localhost:{world.Server.Port}"));
        using var key = AiWorld.NewProgram(node, world.Key);
        using var token = AiWorld.NewProgram(node, world.Customer.Token!);
        await Eventually.TrueAsync(async () => await AskAsync(key, 0) == 200 && await AskAsync(token, 0) == 200, "both to be known");

        passage.Cut();
        var cut = await ManyAsync(key, token, 60);
        using var stranger = AiWorld.NewProgram(node, (await world.NewKeyAsync()).Secret);
        using var unknown = await world.PostAsync("/v1/chat/completions", AiWorld.Chat(new AiScript()), stranger);
        passage.Open();
        await Eventually.TrueAsync(async () => await EventsAsync() == _answered, "what was used while it was cut off");
        passage.Hang();
        var hung = await ManyAsync(key, token, 60);
        passage.Open();

        Assert.Equal((60, 60), (cut, hung));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unknown.StatusCode);
        await Eventually.TrueAsync(async () => await EventsAsync() == _answered, "what was used while it hung", TimeSpan.FromSeconds(60));
    }

    /// <returns>How many were answered.</returns>
    private async Task<int> ManyAsync(HttpClient key, HttpClient token, int count)
    {
        var answered = 0;
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = 6 }, async (number, _) =>
            Interlocked.Add(ref answered, await AskAsync(number % 3 == 0 ? token : key, number) == 200 ? 1 : 0));
        return answered;
    }

    private async Task<int> AskAsync(HttpClient program, int number)
    {
        using var answer = await world.PostAsync("/v1/chat/completions", AiWorld.Chat(new AiScript("away", Tokens: 3), stream: number % 2 == 0), program);
        await answer.Content.ReadAsStringAsync();
        Interlocked.Add(ref _answered, answer.IsSuccessStatusCode ? 1 : 0);
        return (int)answer.StatusCode;
    }

    private async Task<long> EventsAsync()
    {
        await using var connection = new NpgsqlConnection(world.Server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select count(*) from usage_events", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
