using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using Spoq.Core.Wire;
using Spoq.Tests.Support;

namespace Spoq.Bench;

/// <summary>What is shipped, beside the least that could do: the command line, the Conductor, a question, a sync.</summary>
internal static class RuntimeBench
{
    private const int Files = 10_000;

    /// <summary><c>spoq --version</c> beside a program that prints a line, both published alike.</summary>
    public static Task CliAsync() => WithFolderAsync(async folder =>
    {
        const int Rounds = 20;
        var spoq = await ShippedProgram.MakeAsync("Spoq.Cli/Spoq.Cli.csproj", "spoq", folder);
        var hello = await ShippedProgram.MakeHelloAsync(folder);
        var (ours, bare) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            bare.Add(await ShippedProgram.TimeAsync(new ProcessStartInfo(hello)));
            ours.Add(await ShippedProgram.TimeAsync(new ProcessStartInfo(spoq, ["--version"])));
        }

        Tell("bare hello", bare, "spoq --version", ours, "ms", "goal: 130 ms ReadyToRun");
        Console.WriteLine($"size: {new FileInfo(spoq).Length / 1e6:0.0} MB, hello {new FileInfo(hello).Length / 1e6:0.0} MB");
    });

    /// <summary>From its start to its first answer, and its memory at rest, beside a bare Kestrel.</summary>
    public static Task ConductorAsync() => WithFolderAsync(async folder =>
    {
        const int Rounds = 5;
        var program = await ShippedProgram.MakeAsync("Spoq.Conductor/Spoq.Conductor.csproj", "Spoq.Conductor", folder);
        var (starts, memory) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            await using var conductor = await ShippedConductor.StartAsync(program);
            starts.Add(watch.Elapsed.TotalMilliseconds);
            await Task.Delay(TimeSpan.FromSeconds(3));
            memory.Add(conductor.ResidentMegabytes);
        }

        using var bare = Process.Start("dotnet", [typeof(RuntimeBench).Assembly.Location, "bare", "47811"]);
        using var http = new HttpClient();
        await Eventually.TrueAsync(async () => await http.GetAsync(new Uri("http://localhost:47811/")).ContinueWith(answer => answer.IsCompletedSuccessfully, TaskScheduler.Default), "the bare server to answer");
        await Task.Delay(TimeSpan.FromSeconds(3));
        Console.WriteLine($"Conductor: {starts.Median():0} ms to the first answer, {memory.Median():0.0} MB resident at rest (bare Kestrel: {ShippedConductor.MegabytesOf(bare.Id):0.0} MB)");
        bare.Kill();
        await bare.WaitForExitAsync();
    });

    /// <summary>Until the first piece of an answer is here, straight from the upstream and through the Conductor.</summary>
    public static Task AskAsync() => WithFolderAsync(async folder =>
    {
        const int Rounds = 200;
        var program = await ShippedProgram.MakeAsync("Spoq.Conductor/Spoq.Conductor.csproj", "Spoq.Conductor", folder);
        using var upstream = Process.Start("dotnet", [typeof(RuntimeBench).Assembly.Location, "ai-upstream", "47812"]);
        var url = new Uri("http://127.0.0.1:47812/v1");
        using var straight = new HttpClient();
        await Eventually.TrueAsync(async () => await straight.GetAsync(url).ContinueWith(answer => answer.IsCompletedSuccessfully, TaskScheduler.Default), "the upstream to answer");
        await using var conductor = await ShippedConductor.StartAsync(program, new ModelConfig(url, "bench"));
        using var local = conductor.NewClient();
        var (ours, bare) = (new List<double>(), new List<double>());
        for (var round = -20; round < Rounds; round++)
        {
            var direct = await FirstAsync(straight, url + "/chat/completions", new StringContent("""{"model":"bench","stream":true,"messages":[{"role":"user","content":"Hello."}]}""", Encoding.UTF8, "application/json"), "data: ");
            var asked = await FirstAsync(local, "/api/ask", JsonContent.Create(new AskRequest("Hello."), WireJson.Default.AskRequest), "event: text");
            if (round >= 0)
            {
                bare.Add(direct);
                ours.Add(asked);
            }
        }

        Tell("upstream", bare, "Conductor", ours, "ms to the first piece", $"p95 {ours.Percentile(0.95):0.0} ms");
        upstream.Kill();
        await upstream.WaitForExitAsync();
    });

    /// <summary>Ten thousand small files into an empty folder, and again with nothing changed, beside <c>rsync -a</c>.</summary>
    public static Task SyncAsync() => WithFolderAsync(async folder =>
    {
        var program = await ShippedProgram.MakeAsync("Spoq.Conductor/Spoq.Conductor.csproj", "Spoq.Conductor", folder);
        var spoq = await ShippedProgram.MakeAsync("Spoq.Cli/Spoq.Cli.csproj", "spoq", folder);
        var tree = Path.Combine(folder, "tree");
        for (var file = 0; file < Files; file++)
        {
            var path = Path.Combine(tree, $"{file % 100:00}", $"{file}.txt");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, $"{file} {new string('x', file % 2000)}");
        }

        await using var conductor = await ShippedConductor.StartAsync(program);
        var start = new ProcessStartInfo(spoq, ["sync", tree, "--to", "tree"]);
        (start.Environment["SPOQ_SOCKET"], start.Environment["SPOQ_HOME"]) = (conductor.Socket, Path.Combine(folder, "home"));
        var (first, again) = (await ShippedProgram.TimeAsync(start), await ShippedProgram.TimeAsync(start));
        var arrived = Directory.GetFiles(Path.Combine(conductor.Workspace, "tree"), "*", SearchOption.AllDirectories).Length;
        Console.WriteLine($"spoq sync: {first:0} ms for {arrived} files, {again:0} ms with nothing changed");
        try
        {
            var rsync = new ProcessStartInfo("rsync", ["-a", tree + "/", Path.Combine(folder, "copy")]);
            var (copied, same) = (await ShippedProgram.TimeAsync(rsync), await ShippedProgram.TimeAsync(rsync));
            Console.WriteLine($"rsync -a:  {copied:0} ms, {same:0} ms with nothing changed; ratio {first / copied:0.00} and {again / same:0.00}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Console.WriteLine("rsync is not installed here, so there is nothing to compare with.");
        }
    });

    private static async Task WithFolderAsync(Func<string, Task> run)
    {
        var folder = Directory.CreateTempSubdirectory("spoq-shipped-").FullName;
        try
        {
            await run(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<double> FirstAsync(HttpClient http, string address, HttpContent body, string sign)
    {
        var watch = Stopwatch.StartNew();
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = body };
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.EnsureSuccessStatusCode().Content.ReadAsStreamAsync());
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(sign, StringComparison.Ordinal))
            {
                var elapsed = watch.Elapsed.TotalMilliseconds;
                await reader.ReadToEndAsync();
                return elapsed;
            }
        }

        throw new InvalidOperationException($"{address} gave no answer.");
    }

    private static void Tell(string bareName, List<double> bare, string name, List<double> ours, string unit, string note)
    {
        Console.WriteLine($"{bareName}: {bare.Median():0.0} {unit}");
        Console.WriteLine($"{name}: {ours.Median():0.0} {unit} ({note})");
        Console.WriteLine($"ratio: {ours.Zip(bare, (a, b) => a / b).Median():0.00}, difference {ours.Median() - bare.Median():0.0} ms (medians of {ours.Count} interleaved rounds)");
    }
}
