using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Spoq.Tests.Support;

namespace Spoq.Bench;

/// <summary>From the start of the process to its first answer, database up, against a bare Kestrel in the same run.</summary>
internal static class StartBench
{
    private const int Rounds = 5;

    public static async Task RunAsync()
    {
        await using var server = await SpoqServer.NewAsync();
        await server.StopAsync();
        var (ours, bare) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            bare.Add(await BareAsync(server.Port));
            var watch = Stopwatch.StartNew();
            await server.StartAsync();
            ours.Add(watch.Elapsed.TotalMilliseconds);
            await server.StopAsync();
        }

        Console.WriteLine($"bare Kestrel: {bare.Median():0} ms to the first answer");
        Console.WriteLine($"Spoq.Web:     {ours.Median():0} ms to the first answer (goal: 2000 ms)");
        Console.WriteLine($"ratio ours/bare: {ours.Zip(bare, (a, b) => a / b).Median():0.00} (median of {Rounds} interleaved rounds)");
    }

    public static async Task ServeBareAsync(string port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        await using var app = builder.Build();
        app.Run(context => context.Response.WriteAsync("ok"));
        await app.RunAsync($"http://localhost:{port}");
    }

    private static async Task<double> BareAsync(int port)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start("dotnet", [typeof(StartBench).Assembly.Location, "bare", $"{port}"]);
        using var client = new HttpClient();
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    using var answer = await client.GetAsync(new Uri($"http://localhost:{port}/"));
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "the bare server to answer");
        var elapsed = watch.Elapsed.TotalMilliseconds;
        process.Kill();
        await process.WaitForExitAsync();
        return elapsed;
    }
}
