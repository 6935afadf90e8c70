using System.Net.Sockets;
using System.Text;
using Spoq.Tests.Emulators.Ai;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai;

/// <summary>Clients that go at any byte, or do not read: what passed is counted once and never above, and memory stays bounded.</summary>
public sealed class LeavingTests(AiWorld world) : IClassFixture<AiWorld>
{
    private const string Path = "/v1/chat/completions";

    [Fact]
    public async Task Who_goes_at_any_byte_is_recorded_once_and_never_above_what_was_made()
    {
        const int Clients = 40;
        var left = await Task.WhenAll(Enumerable.Range(0, Clients).Select(LeaveAfterAsync));

        foreach (var (number, requestId) in left)
        {
            var (_, output, _) = await PathTests.EventOfAsync(world.Server.ConnectionString, requestId);
            var made = world.First.Ledger.Entries.Concat(world.Second.Ledger.Entries).Single(entry => entry.Id == $"leaves-{number}");
            Assert.InRange(output, 0, made.Completion);
        }

        Assert.Equal(Clients, left.Select(one => one.RequestId).Distinct().Count());
    }

    [Fact]
    public async Task Who_does_not_read_stops_the_upstream_and_fills_no_memory()
    {
        const int Tokens = 500_000;
        var script = new AiScript("unread", Tokens: Tokens);
        using var socket = await SendAsync(script, receives: 4096);
        LedgerEntry? entry = null;
        await Eventually.TrueAsync(() => (entry = Entry("unread")) is { Completion: > 0 }, "the stream to begin");
        var (seen, still) = (0, 0);
        await Eventually.TrueAsync(
            () =>
            {
                still = entry!.Completion == seen ? still + 1 : 0;
                seen = entry.Completion;
                return still > 50;
            },
            "the upstream to be held up");

        // About 230 bytes a token: what lies between the two is in the kernel's buffers, not the whole of a hundred megabytes.
        Assert.InRange(seen, 1, Tokens / 5);
        socket.Dispose();
        await Eventually.TrueAsync(() => entry!.WasLeft, "the upstream to be told");
    }

    private async Task<(int Number, Guid RequestId)> LeaveAfterAsync(int number)
    {
        using var socket = await SendAsync(new AiScript($"leaves-{number}", Tokens: 100_000, DelayMilliseconds: 5), receives: 64 * 1024);
        var (head, one) = (new StringBuilder(), new byte[1]);
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            Assert.Equal(1, await socket.ReceiveAsync(one));
            head.Append((char)one[0]);
        }

        // Each goes some bytes later than the one before, in the middle of whatever comes there.
        for (var rest = number * 37; rest > 0;)
        {
            rest -= await socket.ReceiveAsync(new byte[rest]);
        }

        return (number, Guid.Parse(head.ToString().Split("\r\n").Single(line => line.StartsWith("X-Request-Id: ", StringComparison.OrdinalIgnoreCase))[14..]));
    }

    private async Task<Socket> SendAsync(AiScript script, int receives)
    {
        var body = AiWorld.Chat(script, stream: true).ToJsonString();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = receives };
        await socket.ConnectAsync("127.0.0.1", world.Server.Port);
        await socket.SendAsync(Encoding.UTF8.GetBytes($"POST {Path} HTTP/1.1\r\nHost: localhost:{world.Server.Port}\r\nAuthorization: Bearer {world.Key}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));
        return socket;
    }

    private LedgerEntry? Entry(string id) => world.First.Ledger.Entries.Concat(world.Second.Ledger.Entries).FirstOrDefault(entry => entry.Id == id);
}
