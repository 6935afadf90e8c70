using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Spoq.Tests.Support;

namespace Spoq.Bench;

/// <summary>p95 of the busiest open endpoints with 50 callers at once, against a bare Kestrel under the same crowd.</summary>
internal static class EdgeBench
{
    private const int Callers = 50;

    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(5);

    public static async Task RunAsync()
    {
        await using var server = await SpoqServer.NewAsync();
        using var bareProcess = Process.Start("dotnet", [typeof(EdgeBench).Assembly.Location, "bare", $"{server.Port + 1}"]);
        try
        {
            using var crowd = new Crowd(server.BaseUrl, Callers);
            using var plain = new Crowd(new Uri($"http://localhost:{server.Port + 1}"), Callers);
            var refresh = await SignInAsync(server, crowd);
            await MeasureAsync("/api/subdomain/check", plain, crowd, async (caller, client) =>
                (await client.GetAsync(new Uri($"/api/subdomain/check/name-{Random.Shared.Next(100_000)}", UriKind.Relative))).EnsureSuccessStatusCode().Dispose());
            await MeasureAsync("/oauth/token (refresh)", plain, crowd, async (caller, client) => refresh[caller] = await RefreshAsync(client, refresh[caller]));
        }
        finally
        {
            bareProcess.Kill();
            await bareProcess.WaitForExitAsync();
        }
    }

    private static async Task MeasureAsync(string name, Crowd plain, Crowd crowd, Func<int, HttpClient, Task> request)
    {
        static async Task Bare(int caller, HttpClient client) => (await client.GetAsync(new Uri("/", UriKind.Relative))).Dispose();

        // Once to warm both.
        await plain.RunAsync(s_time / 5, Bare);
        await crowd.RunAsync(s_time / 5, request);
        var bare = await plain.RunAsync(s_time, Bare);
        var ours = await crowd.RunAsync(s_time, request);
        Console.WriteLine(
            $"{name,-24} p50 {ours.Median():0} ms, p95 {ours.Percentile(0.95):0} ms, {ours.Count / s_time.TotalSeconds:0} requests/s with {crowd.Size} at once; " +
            $"bare endpoint p95 {bare.Percentile(0.95):0.0} ms, {bare.Count / s_time.TotalSeconds:0} requests/s; ratio of p95 {ours.Percentile(0.95) / bare.Percentile(0.95):0.0}");
    }

    /// <summary>A refresh token for each caller: registering answers with one.</summary>
    private static async Task<string[]> SignInAsync(SpoqServer server, Crowd crowd)
    {
        var tokens = new string[crowd.Size];
        await Parallel.ForAsync(0, crowd.Size, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (caller, cancellationToken) =>
        {
            using var client = server.NewClient();
            using var answer = await client.PostAsJsonAsync(
                "/api/auth/register", new { email = $"{Guid.NewGuid():n}@example.com", password = "correct horse battery staple" }, cancellationToken);
            tokens[caller] = (await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("refresh_token").GetString()!;
        });
        return tokens;
    }

    private static async Task<string> RefreshAsync(HttpClient client, string token)
    {
        using var form = new FormUrlEncodedContent([new("grant_type", "refresh_token"), new("client_id", "spoq-api"), new("refresh_token", token)]);
        using var answer = await client.PostAsync(new Uri("/oauth/token", UriKind.Relative), form);
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>()).GetProperty("refresh_token").GetString()!;
    }
}
