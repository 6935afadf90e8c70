using System.Diagnostics;
using System.Net;
using Spoq.Core.Access;
using Spoq.Tests.Emulators.Ai;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai;

/// <summary>Who is let in to the models, and how soon no more.</summary>
public sealed class AiKeyTests(AiWorld world) : IClassFixture<AiWorld>
{
    [Fact]
    public async Task A_revoked_key_is_out_within_a_second_on_every_node()
    {
        await using var sibling = await world.SiblingAsync();
        await Promise.KeptAsync(TimeSpan.FromSeconds(1), "Hearing of a revoked key", async () =>
        {
            var (id, secret) = await world.NewKeyAsync();
            using var here = world.NewProgram(secret);
            using var there = AiWorld.NewProgram(sibling, secret);
            Assert.Equal((200, 200), (await UseAsync(here), await UseAsync(there)));

            using var revoked = await world.Customer.DeleteAsync($"/v1/api-keys/{id}");
            var since = Stopwatch.StartNew();
            await Eventually.TrueAsync(async () => await UseAsync(here) == 401 && await UseAsync(there) == 401, "both nodes to know");
            return since.Elapsed;
        });
    }

    [Fact]
    public async Task Rotating_a_key_under_load_fails_no_request()
    {
        var (id, secret) = await world.NewKeyAsync();
        using var old = world.NewProgram(secret);
        using var stop = new CancellationTokenSource();
        var refused = 0;
        var done = 0;
        var load = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                Interlocked.Add(ref refused, await UseAsync(old) == 200 ? 0 : 1);
                Interlocked.Increment(ref done);
            }
        })).ToList();
        await Eventually.TrueAsync(() => Volatile.Read(ref done) > 50, "some requests");
        using var rotated = await world.Customer.PostAsync($"/v1/api-keys/{id}/rotate", new { overlap_hours = 1 });
        var next = (await ApiClient.JsonAsync(rotated, HttpStatusCode.OK)).GetProperty("key").GetString()!;
        using var fresh = world.NewProgram(next);
        var first = await UseAsync(fresh);
        var at = Volatile.Read(ref done);
        await Eventually.TrueAsync(() => Volatile.Read(ref done) > at + 50, "some more requests");
        await stop.CancelAsync();
        await Task.WhenAll(load);

        Assert.Equal((200, 0), (first, refused));
    }

    [Fact]
    public async Task A_key_without_the_scope_and_what_is_no_key_are_told_so()
    {
        var (_, secret) = await world.NewKeyAsync("instance");
        using var wrong = world.NewProgram(secret);
        using var nobody = world.NewProgram(ApiKeyText.Write(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));
        using var none = world.Server.NewClient();
        using var scope = await world.PostAsync("/v1/chat/completions", AiWorld.Chat(new AiScript()), wrong);
        using var unknown = await world.PostAsync("/v1/chat/completions", AiWorld.Chat(new AiScript()), nobody);
        using var missing = await world.PostAsync("/v1/chat/completions", AiWorld.Chat(new AiScript()), none);

        await BadAiInputTests.RefusedAsync(scope, 403, "insufficient_scope", null);
        await BadAiInputTests.RefusedAsync(unknown, 401, "invalid_token", null);
        await BadAiInputTests.RefusedAsync(missing, 401, "token_missing", null);
        Assert.Contains("scope=\"ai\"", scope.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_access_token_opens_the_models_too()
    {
        using var program = world.NewProgram(world.Customer.Token!);

        Assert.Equal(200, await UseAsync(program));
    }

    [Fact]
    public async Task Limits_of_a_key_are_told_and_held()
    {
        await using var strict = await world.SiblingAsync(("Ai__KeyRequestsPerMinute", "5"));
        List<int> statuses;
        Stopwatch watch;
        HttpClient program;
        do
        {
            // Every twelve seconds one comes back: seven tries that took that long say nothing.
            (statuses, watch) = ([], Stopwatch.StartNew());
            program = AiWorld.NewProgram(strict, (await world.NewKeyAsync()).Secret);
            for (var i = 0; i < 7; i++)
            {
                statuses.Add(await UseAsync(program));
            }
        }
        while (watch.Elapsed > TimeSpan.FromSeconds(9));

        using var refused = await world.PostAsync("/v1/chat/completions", AiWorld.Chat(new AiScript()), program);
        Assert.Equal([200, 200, 200, 200, 200, 429, 429], statuses);
        await BadAiInputTests.RefusedAsync(refused, 429, "rate_limit_exceeded", null);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 13);
        Assert.Equal("\"requests\";q=5;w=60, \"tokens\";q=2000000;w=60", refused.Headers.GetValues("RateLimit-Policy").Single());
        Assert.StartsWith("\"requests\";r=0;", refused.Headers.GetValues("RateLimit").Single(), StringComparison.Ordinal);
        program.Dispose();
    }

    [Fact]
    public async Task Two_nodes_hold_one_limit_between_them()
    {
        await using var one = await world.SiblingAsync(("Ai__KeyRequestsPerMinute", "20"));
        await using var other = await world.SiblingAsync(("Ai__KeyRequestsPerMinute", "20"));
        var (_, secret) = await world.NewKeyAsync();
        using var here = AiWorld.NewProgram(one, secret);
        using var there = AiWorld.NewProgram(other, secret);
        var since = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(200, await UseAsync(here));
        }

        // The first one makes the bucket known there; asking what is left of it costs nothing. One comes back every three seconds.
        await UseAsync(there);
        await Eventually.TrueAsync(async () => await AiNodesTests.LeftAsync(there) <= AiNodesTests.Refilled(since), "the other node to hear of it");
        var late = 0;
        while (await UseAsync(there) == 200)
        {
            late++;
        }

        Assert.InRange(late, 0, AiNodesTests.Refilled(since));
    }

    private async Task<int> UseAsync(HttpClient program)
    {
        using var answer = await world.PostAsync("/v1/chat/completions", AiWorld.Chat(new AiScript(Tokens: 1)), program);
        await answer.Content.ReadAsStringAsync();
        return (int)answer.StatusCode;
    }
}
