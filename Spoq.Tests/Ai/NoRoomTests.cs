using System.Net;
using Spoq.Tests.Emulators.Ai;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai;

/// <summary>Where usage cannot be recorded nothing is started: rather no answer than one that nobody counts.</summary>
public sealed class NoRoomTests(AiWorld world) : IClassFixture<AiWorld>
{
    private const string Path = "/v1/chat/completions";
    private const int Places = 16;

    [Fact]
    public async Task Without_room_to_record_a_call_it_is_refused_and_its_upstream_never_asked()
    {
        await using var node = await world.SiblingAsync(("Ai__MostCalls", $"{Places}"), ("Ai__Upstreams__0__IdleTimeoutSeconds", "60"), ("Ai__Upstreams__1__IdleTimeoutSeconds", "60"));
        using var program = AiWorld.NewProgram(node, world.Key);
        var running = new List<HttpResponseMessage>();
        for (var i = 0; i < Places; i++)
        {
            running.Add(await world.PostAsync(Path, AiWorld.Chat(new AiScript($"fills-{i}", "stall", After: 1), stream: true), program));
        }

        Assert.All(running, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        var openAi = await world.PostAsync(Path, AiWorld.Chat(new AiScript("no-room")), program);
        var anthropic = await world.PostAsync("/v1/messages", AiWorld.Message(new AiScript("no-room")), program);
        await BadAiInputTests.RefusedAsync(openAi, 503, "metering_unavailable", null);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, anthropic.StatusCode);
        Assert.Equal("30", openAi.Headers.GetValues("Retry-After").Single());
        Assert.DoesNotContain(world.First.Ledger.Entries.Concat(world.Second.Ledger.Entries).Concat(world.Anthropic.Ledger.Entries), entry => entry.Id == "no-room");

        running.ForEach(answer => answer.Dispose());
        await Eventually.TrueAsync(
            async () =>
            {
                using var again = await world.PostAsync(Path, AiWorld.Chat(new AiScript("room")), program);
                return again.IsSuccessStatusCode;
            },
            "room for the next call");
        openAi.Dispose();
        anthropic.Dispose();
    }
}
