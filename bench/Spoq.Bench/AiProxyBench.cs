using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Spoq.Tests.Support;

namespace Spoq.Bench;

/// <summary>The AI proxy with keys, limits, budget and metering on, against the bare upstream, a bare pass-through and a plain YARP forwarder, in interleaved rounds.</summary>
internal static class AiProxyBench
{
    internal static readonly string[] Scopes = ["ai"];

    private static readonly int s_rounds = int.Parse(Environment.GetEnvironmentVariable("SPOQ_BENCH_ROUNDS") ?? "7", CultureInfo.InvariantCulture);

    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan s_round = TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("SPOQ_BENCH_SECONDS") ?? "2", CultureInfo.InvariantCulture));

    public static async Task RunAsync()
    {
        await using var server = await StartAsync();
        using var upstream = Start("ai-upstream", $"{server.Port + 1}");
        using var bare = Start("ai-bare", $"{server.Port + 2}", $"http://127.0.0.1:{server.Port + 1}");
        using var yarp = await YarpNeighbour.StartAsync(server.Port + 3, $"http://127.0.0.1:{server.Port + 1}");
        try
        {
            using var customer = await ApiClient.SignedUpAsync(server);
            using var made = await customer.PostAsync("/v1/api-keys", new { name = "bench", scopes = Scopes });
            var key = (await ApiClient.JsonAsync(made, System.Net.HttpStatusCode.Created)).GetProperty("key").GetString()!;
            Way[] ways =
            [
                new Way("direct", new Uri($"http://127.0.0.1:{server.Port + 1}"), upstream.Id, key),
                new Way("bare", new Uri($"http://127.0.0.1:{server.Port + 2}"), bare.Id, key),
                .. yarp is null ? Array.Empty<Way>() : [new Way("yarp", new Uri($"http://127.0.0.1:{server.Port + 3}"), yarp.Id, key)],
                new Way("ours", server.BaseUrl, server.ProcessId, key),
            ];
            await MeasureAsync("JSON small", ways, Body(64, false));
            await MeasureAsync("JSON 64 KB", ways, Body(64 * 1024, false));
            await MeasureAsync("stream of 100", ways, Body(64, true));
            foreach (var one in ways)
            {
                one.Dispose();
            }
        }
        finally
        {
            upstream.Kill();
            bare.Kill();
            yarp?.Kill();
        }
    }

    private static async Task MeasureAsync(string name, Way[] ways, byte[] body)
    {
        foreach (var callers in new[] { 1, 64 })
        {
            // Until the runtime has compiled what is hot: the first seconds measure the compiler.
            foreach (var way in ways)
            {
                await way.RunAsync(body, callers, s_round + s_warmUp);
            }

            var rounds = new List<Sample[]>();
            for (var round = 0; round < s_rounds; round++)
            {
                var samples = new Sample[ways.Length];
                for (var i = 0; i < ways.Length; i++)
                {
                    // Another order every round: whoever comes first must not always pay for it.
                    var at = (i + round) % ways.Length;
                    samples[at] = await ways[at].RunAsync(body, callers, s_round);
                }

                rounds.Add(samples);
            }

            for (var i = 0; i < ways.Length; i++)
            {
                var all = rounds.Select(round => round[i]).ToList();
                Console.WriteLine($"{name,-14} {callers,2} at once  {ways[i].Name,-7} {all.Select(one => one.PerSecond).Median(),8:0}/s  p50 {all.Select(one => one.P50).Median() * 1000,6:0} us  p99 {all.Select(one => one.P99).Median() * 1000,6:0} us  CPU {all.Select(one => one.CpuMicroseconds).Median(),5:0} us each");
            }

            for (var at = 1; at < ways.Length - 1; at++)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-14} {callers,2} at once  ours/{ways[at].Name}: throughput {Ratio(rounds, at, one => one.PerSecond):0.00}, CPU each {Ratio(rounds, at, one => one.CpuMicroseconds):0.00}, added p50 {rounds.Select(round => (round[^1].P50 - round[0].P50) / (round[at].P50 - round[0].P50)).Median():0.00}, added p99 {rounds.Select(round => (round[^1].P99 - round[0].P99) * 1000).Median():0} us"));
            }
        }
    }

    private static double Ratio(List<Sample[]> rounds, int baseline, Func<Sample, double> of) => rounds.Select(round => of(round[^1]) / of(round[baseline])).Median();

    internal static async Task<SpoqServer> StartAsync()
    {
        // The port of the upstream follows the server's own, which is known once it has one.
        var server = await SpoqServer.NewAsync();
        await server.StopAsync();
        server.Set(new Dictionary<string, string>
        {
            // As it is shipped: without the page that shows developers their exceptions.
            ["ASPNETCORE_ENVIRONMENT"] = "Staging",
            ["Ai__Upstreams__0__Name"] = "bench",
            ["Ai__Upstreams__0__Kind"] = "openai",
            ["Ai__Upstreams__0__BaseUrl"] = $"http://127.0.0.1:{server.Port + 1}/v1",
            ["Ai__Upstreams__0__Models__0__Name"] = "bench",
            ["Ai__Upstreams__0__Models__0__Input"] = "0.01",
            ["Ai__Upstreams__0__Models__0__Output"] = "0.01",
            ["Ai__KeyRequestsPerMinute"] = "100000000",
            ["Ai__AccountRequestsPerMinute"] = "100000000",
            ["Ai__KeyTokensPerMinute"] = "1000000000000",
            ["Ai__AccountTokensPerMinute"] = "1000000000000",
            ["Ai__KeyStreams"] = "2000",
            ["Ai__AccountStreams"] = "2000",
        });
        await server.StartAsync();
        return server;
    }

    internal static byte[] Body(int length, bool stream) => Encoding.UTF8.GetBytes(
        $"{{\"model\":\"bench\",\"max_tokens\":100,{(stream ? "\"stream\":true,\"stream_options\":{\"include_usage\":true}," : "")}\"messages\":[{{\"role\":\"user\",\"content\":\"{string.Concat(Enumerable.Repeat("word ", length / 5))}\"}}]}}");

    internal static Process Start(params string[] arguments) => Process.Start("dotnet", [typeof(AiProxyBench).Assembly.Location, .. arguments]);

    private sealed record Sample(double PerSecond, double P50, double P99, double CpuMicroseconds);

    private sealed class Way(string name, Uri root, int processId, string key) : IDisposable
    {
        private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler { UseCookies = false, ActivityHeadersPropagator = null });
        private readonly Uri _address = new(root, "/v1/chat/completions");

        public string Name => name;

        public async Task<Sample> RunAsync(byte[] body, int callers, TimeSpan time)
        {
            var taken = new List<double>[callers];
            using var process = Process.GetProcessById(processId);
            var cpu = process.TotalProcessorTime;
            var all = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
            {
                taken[caller] = [];
                var buffer = new byte[64 * 1024];
                while (all.Elapsed < time)
                {
                    var started = Stopwatch.GetTimestamp();
                    await AskAsync(body, buffer);
                    taken[caller].Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }
            })));
            var elapsed = all.Elapsed;
            process.Refresh();
            var each = taken.SelectMany(one => one).ToList();
            return new Sample(each.Count / elapsed.TotalSeconds, each.Median(), each.Percentile(0.99), (process.TotalProcessorTime - cpu).TotalMicroseconds / each.Count);
        }

        public void Dispose() => _client.Dispose();

        private async Task AskAsync(byte[] body, byte[] buffer)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _address) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + key);
            using var answer = await _client.SendAsync(request, CancellationToken.None);
            await using var stream = await answer.Content.ReadAsStreamAsync();
            while (await stream.ReadAsync(buffer) > 0)
            {
            }

            answer.EnsureSuccessStatusCode();
        }
    }
}
