using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Spoq.Tests.Support;

namespace Spoq.Bench;

/// <summary>
/// What the proxy's memory does: under a steady crowd for half an hour, beside a bare pass-through under the same one, and
/// after a crowd of large bodies. <c>SPOQ_SOAK_MINUTES</c> (30) and <c>SPOQ_SOAK_RATE</c> (300 a second at each) make it shorter or harder.
/// </summary>
internal static class AiSoakBench
{
    private const int Callers = 16;
    private const int Bodies = 1500;
    private const int BodyLength = 150_000;

    private static readonly double s_minutes = double.Parse(Environment.GetEnvironmentVariable("SPOQ_SOAK_MINUTES") ?? "30", CultureInfo.InvariantCulture);
    private static readonly double s_rate = double.Parse(Environment.GetEnvironmentVariable("SPOQ_SOAK_RATE") ?? "300", CultureInfo.InvariantCulture);
    private static readonly TimeSpan s_sample = TimeSpan.FromSeconds(10);

    public static async Task RunAsync()
    {
        await using var server = await AiProxyBench.StartAsync();
        using var upstream = AiProxyBench.Start("ai-upstream", $"{server.Port + 1}");
        using var bare = AiProxyBench.Start("ai-bare", $"{server.Port + 2}", $"http://127.0.0.1:{server.Port + 1}");
        try
        {
            using var customer = await ApiClient.SignedUpAsync(server);
            using var made = await customer.PostAsync("/v1/api-keys", new { name = "soak", scopes = AiProxyBench.Scopes });
            var key = (await ApiClient.JsonAsync(made, HttpStatusCode.Created)).GetProperty("key").GetString()!;
            await SteadyAsync(server, bare.Id, key);
            await CrowdAsync(server, key);
        }
        finally
        {
            upstream.Kill();
            bare.Kill();
        }
    }

    private static async Task SteadyAsync(SpoqServer server, int bareId, string key)
    {
        using var stop = new CancellationTokenSource();
        var asked = new long[2];
        var crowds = new[] { (server.Port, 0), (server.Port + 2, 1) }
            .SelectMany(way => Enumerable.Range(0, Callers).Select(_ => Task.Run(() => CallAsync(way.Item1, key, () => Interlocked.Increment(ref asked[way.Item2]), stop.Token)))).ToList();
        var samples = new List<(double Ours, double Bare)>();
        var all = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(s_sample);
        while (all.Elapsed.TotalMinutes < s_minutes)
        {
            await timer.WaitForNextTickAsync();
            samples.Add((Megabytes(server.ProcessId), Megabytes(bareId)));
            if (samples.Count % 30 == 0)
            {
                Console.WriteLine($"{all.Elapsed.TotalMinutes,5:0} min  ours {samples[^1].Ours,6:0} MB  bare {samples[^1].Bare,6:0} MB  {Volatile.Read(ref asked[0]),9} calls");
            }
        }

        await stop.CancelAsync();
        await Task.WhenAll(crowds);

        // The first tenth warms up: the runtime compiles, pools fill.
        var part = Math.Max(1, samples.Count / 10);
        var (early, late) = (samples.Skip(part).Take(part).ToList(), samples.TakeLast(part).ToList());
        var (from, to, beside) = (early.Select(one => one.Ours).Median(), late.Select(one => one.Ours).Median(), late.Select(one => one.Bare).Median());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{asked[0]} calls in {s_minutes} min: {from:0} MB after a tenth, {to:0} MB at the end (growth {(to - from) / from:P1}); bare {beside:0} MB, ratio {to / beside:0.00}"));
    }

    /// <summary>Every body is held whole, but for its last byte, before the first is let through.</summary>
    private static async Task CrowdAsync(SpoqServer server, string key)
    {
        var idle = Megabytes(server.ProcessId);
        var body = $"{{\"model\":\"bench\",\"max_tokens\":10,\"messages\":[{{\"role\":\"user\",\"content\":\"{string.Concat(Enumerable.Repeat("word ", BodyLength / 5))}\"}}]}}";
        var bytes = Encoding.UTF8.GetBytes($"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        var sockets = new Socket[Bodies];
        await Parallel.ForAsync(0, Bodies, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (at, _) =>
        {
            sockets[at] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await sockets[at].ConnectAsync("127.0.0.1", server.Port, CancellationToken.None);
            await SendAsync(sockets[at], bytes.AsMemory(0, bytes.Length - 1));
        });
        var held = Megabytes(server.ProcessId);
        var answered = 0;
        await Parallel.ForAsync(0, Bodies, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (at, _) =>
        {
            await SendAsync(sockets[at], bytes.AsMemory(bytes.Length - 1));
            var head = new byte[15];
            await sockets[at].ReceiveAsync(head, CancellationToken.None);
            Interlocked.Add(ref answered, Encoding.ASCII.GetString(head) == "HTTP/1.1 200 OK" ? 1 : 0);
            sockets[at].Dispose();
        });
        var since = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (Megabytes(server.ProcessId) > idle * 1.5 && since.Elapsed < TimeSpan.FromMinutes(2))
        {
            await timer.WaitForNextTickAsync();
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{answered} of {Bodies} bodies of {BodyLength / 1000} KB at once answered: idle {idle:0} MB, all held {held:0} MB, at most {Peak(server.ProcessId):0} MB; {Megabytes(server.ProcessId):0} MB {since.Elapsed.TotalSeconds:0} s after"));
    }

    private static async Task CallAsync(int port, string key, Action count, CancellationToken stop)
    {
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseCookies = false, ActivityHeadersPropagator = null });
        var bodies = new[] { AiProxyBench.Body(64, false), AiProxyBench.Body(64, true), AiProxyBench.Body(16 * 1024, false), AiProxyBench.Body(64, false) };
        var buffer = new byte[64 * 1024];
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Callers / s_rate));
        try
        {
            for (var turn = 0; await timer.WaitForNextTickAsync(stop); turn++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{port}/v1/chat/completions") { Content = new ByteArrayContent(bodies[turn % bodies.Length]) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
                using var answer = await client.SendAsync(request, CancellationToken.None);
                await using var stream = await answer.Content.ReadAsStreamAsync(CancellationToken.None);
                while (await stream.ReadAsync(buffer, CancellationToken.None) > 0)
                {
                }

                answer.EnsureSuccessStatusCode();
                count();
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over.
        }
    }

    private static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, CancellationToken.None)..];
        }
    }

    private static double Megabytes(int processId) => Kilobytes(processId, "VmRSS:") / 1024;

    private static double Peak(int processId) => Kilobytes(processId, "VmHWM:") / 1024;

    private static double Kilobytes(int processId, string name) =>
        double.Parse(File.ReadLines($"/proc/{processId}/status").Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
