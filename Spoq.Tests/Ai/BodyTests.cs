using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Spoq.Infrastructure.Ai.Limits;
using Spoq.Tests.Emulators.Ai;
using Spoq.Tests.Support;
using Xunit.Abstractions;

namespace Spoq.Tests.Ai;

/// <summary>Bodies take memory only for who may have an answer, and all together only so much.</summary>
public sealed class BodyTests(AiWorld world, ITestOutputHelper output) : IClassFixture<AiWorld>
{
    private const string Path = "/v1/chat/completions";

    [Fact]
    public async Task A_place_is_held_before_a_body_is_read()
    {
        await using var strict = await world.SiblingAsync(("Ai__KeyStreams", "2"));
        var (_, secret) = await world.NewKeyAsync();
        using var program = AiWorld.NewProgram(strict, secret);
        using var warm = await world.PostAsync(Path, AiWorld.Chat(new AiScript("place")), program);
        HttpResponseMessage? refused = null;
        await Eventually.TrueAsync(
            async () =>
            {
                // The server ends them in a few seconds, so each try has its own.
                using var one = await SlowAsync(strict, secret, 100_000, 10);
                using var other = await SlowAsync(strict, secret, 100_000, 10);
                for (var i = 0; i < 10 && refused?.StatusCode != System.Net.HttpStatusCode.TooManyRequests; i++)
                {
                    refused?.Dispose();
                    refused = await world.PostAsync(Path, AiWorld.Chat(new AiScript("place")), program);
                }

                return refused!.StatusCode == System.Net.HttpStatusCode.TooManyRequests;
            },
            "both places to be held by bodies that do not come");
        await BadAiInputTests.RefusedAsync(refused!, 429, "concurrency_limit_exceeded", null);
        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await world.PostAsync(Path, AiWorld.Chat(new AiScript("place")), program);
                return answer.IsSuccessStatusCode;
            },
            "a place to be free again");
        refused!.Dispose();
    }

    [Fact]
    public async Task All_bodies_together_take_no_more_than_their_share_of_the_memory()
    {
        await using var small = await world.SiblingAsync(("Ai__BodyMegabytes", "32"), ("Ai__BodyWaitSeconds", "1"));
        using var program = AiWorld.NewProgram(small, world.Key);
        var slow = new List<Socket>();
        HttpResponseMessage? refused = null;
        await Eventually.TrueAsync(
            async () =>
            {
                // The server ends them in a few seconds, so each try has its own.
                slow.ForEach(socket => socket.Dispose());
                slow.Clear();
                for (var i = 0; i < 2; i++)
                {
                    // So much that its sixteen mebibytes are held, and not all of it.
                    slow.Add(await SlowAsync(small, world.Key, 15 * 1024 * 1024, 9 * 1024 * 1024));
                }

                for (var i = 0; i < 10 && refused?.StatusCode != System.Net.HttpStatusCode.ServiceUnavailable; i++)
                {
                    refused?.Dispose();
                    refused = await world.PostAsync(Path, AiWorld.Chat(new AiScript("share")), program);
                }

                return refused!.StatusCode == System.Net.HttpStatusCode.ServiceUnavailable;
            },
            "the memory to be taken");
        await BadAiInputTests.RefusedAsync(refused!, 503, "server_busy", null);
        Assert.Equal("2", refused!.Headers.GetValues("Retry-After").Single());
        using var waits = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new StringContent(AiWorld.Chat(new AiScript("waited")).ToJsonString(), Encoding.UTF8, "application/json") };
        var waiting = program.SendAsync(waits);
        slow.ForEach(socket => socket.Dispose());
        using var answer = await waiting;

        // Who waits in line gets its turn when somebody goes, if that is soon enough.
        Assert.True((int)answer.StatusCode is 200 or 503, $"{answer.StatusCode}");
        await Eventually.TrueAsync(
            async () =>
            {
                using var after = await world.PostAsync(Path, AiWorld.Chat(new AiScript("share")), program);
                return after.IsSuccessStatusCode;
            },
            "the memory to be free again");
        refused.Dispose();
    }

    [Fact]
    public async Task Fifteen_hundred_bodies_at_once_fit_into_a_gigabyte()
    {
        const int Count = 1500;
        await using var crowded = await world.SiblingAsync(("Ai__KeyStreams", "2000"), ("Ai__AccountStreams", "2000"), ("Ai__KeyTokensPerMinute", "1000000000"), ("Ai__AccountTokensPerMinute", "1000000000"));
        var body = AiWorld.Chat(new AiScript("crowd", Tokens: 1, IsForgotten: true));
        body["messages"]![0]!["content"] = string.Concat(Enumerable.Repeat("word ", 30_000));
        var bytes = Encoding.UTF8.GetBytes($"POST {Path} HTTP/1.1\r\nHost: localhost:{crowded.Port}\r\nAuthorization: Bearer {world.Key}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body.ToJsonString().Length}\r\n\r\n{body.ToJsonString()}");
        var sockets = new Socket[Count];
        await Parallel.ForAsync(0, Count, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (at, _) =>
        {
            // All but the last byte: all bodies are held at the same time.
            sockets[at] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await sockets[at].ConnectAsync("127.0.0.1", crowded.Port, CancellationToken.None);
            await SendAllAsync(sockets[at], bytes.AsMemory(0, bytes.Length - 1));
        });
        var answered = 0;
        await Parallel.ForAsync(0, Count, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (at, _) =>
        {
            await SendAllAsync(sockets[at], bytes.AsMemory(bytes.Length - 1));
            var head = new byte[15];
            await sockets[at].ReceiveAsync(head, CancellationToken.None);
            Interlocked.Add(ref answered, Encoding.ASCII.GetString(head) == "HTTP/1.1 200 OK" ? 1 : 0);
            sockets[at].Dispose();
        });
        var peak = long.Parse(File.ReadLines($"/proc/{crowded.ProcessId}/status").Single(line => line.StartsWith("VmHWM", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        output.WriteLine($"{answered} of {Count} answered; at most {peak} MiB");

        Assert.Equal(Count, answered);
        Assert.InRange(peak, 0, 1024);
    }

    [Fact]
    public async Task A_body_that_stops_coming_is_ended_by_the_server()
    {
        using var socket = await SlowAsync(world.Server, world.Key, 100_000, 10);
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        var status = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal("HTTP/1.1 408 Request Timeout", status);
    }

    [Fact]
    public async Task Large_bodies_arrive_whole_also_where_a_piece_is_replaced()
    {
        var text = string.Concat(Enumerable.Range(0, 40_000).Select(number => number.ToString(CultureInfo.InvariantCulture) + ' '));
        var body = AiWorld.Chat(new AiScript("large"), stream: true, model: "nice-name");
        body["messages"]![0]!["content"] = text;
        using var answer = await world.PostAsync(Path, body);
        await answer.Content.ReadAsStringAsync();
        var seen = JsonDocument.Parse(world.First.Ledger.Entries.Single(entry => entry.Id == "large").Body).RootElement;

        Assert.Equal(text, seen.GetProperty("messages")[0].GetProperty("content").GetString());
        Assert.Equal(("vendor/ugly-name", true), (seen.GetProperty("model").GetString(), seen.GetProperty("stream_options").GetProperty("include_usage").GetBoolean()));
    }

    [Fact]
    public async Task Who_holds_memory_goes_first_and_who_waits_too_long_gets_none()
    {
        var impatient = new BodyBudget(100, TimeSpan.FromMilliseconds(50), TimeProvider.System);
        Assert.True(await impatient.TakeAsync(95, isMore: false, default));
        Assert.False(await impatient.TakeAsync(10, isMore: false, default));
        Assert.True(await impatient.TakeAsync(5, isMore: false, default));

        var budget = new BodyBudget(100, TimeSpan.FromMinutes(5), TimeProvider.System);
        Assert.True(await budget.TakeAsync(60, isMore: false, default));
        Assert.True(await budget.TakeAsync(40, isMore: false, default));
        var newcomer = budget.TakeAsync(10, isMore: false, default).AsTask();
        var more = budget.TakeAsync(20, isMore: true, default).AsTask();
        budget.Give(20);
        Assert.True(await more);
        Assert.False(newcomer.IsCompleted);
        budget.Give(10);
        Assert.True(await newcomer);

        using var left = new CancellationTokenSource();
        var leaving = budget.TakeAsync(50, isMore: false, left.Token).AsTask();
        var behind = budget.TakeAsync(10, isMore: false, default).AsTask();
        budget.Give(20);
        Assert.False(behind.IsCompleted);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.True(await behind);
        Assert.Equal(90, budget.Held);
    }

    /// <summary>Announces a body and sends only the start of it.</summary>
    private static async Task<Socket> SlowAsync(SpoqServer server, string key, int announced, int sent)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync("localhost", server.Port);
        var head = $"POST {Path} HTTP/1.1\r\nHost: localhost:{server.Port}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: {announced}\r\n\r\n";
        var bytes = new byte[head.Length + sent];
        Array.Fill(bytes, (byte)' ');
        Encoding.ASCII.GetBytes(head, bytes);
        await SendAllAsync(socket, bytes);
        return socket;
    }

    private static async Task SendAllAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            at += await socket.SendAsync(bytes[at..]);
        }
    }
}
