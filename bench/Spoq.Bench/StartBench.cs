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
        var published = Directory.CreateTempSubdirectory("spoq-published-").FullName;
        await PublishAsync(published);
        await using var server = await SpoqServer.NewAsync();
        await server.StopAsync();
        server.Program = Path.Combine(published, "Spoq.Web.dll");
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
        Directory.Delete(published, recursive: true);
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

    /// <summary>As the Dockerfile does it: what is measured is what ships.</summary>
    private static async Task PublishAsync(string folder)
    {
        Console.WriteLine("publishing Spoq.Web as the Dockerfile does...");
        var publish = new ProcessStartInfo(
            "dotnet",
            ["publish", "Spoq.Web", "-c", "Release", "--use-current-runtime", "--self-contained", "false", "-o", folder, "--artifacts-path", Path.Combine(folder, "between"), "-v", "q", "--nologo", "-p:RunAnalyzers=false"])
        {
            WorkingDirectory = Repository.Root,
        };
        using var process = Process.Start(publish)!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException("Spoq.Web could not be published; what dotnet printed above says why.");
        }
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
