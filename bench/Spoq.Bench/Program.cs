using Spoq.Bench;

// Each benchmark stands beside a named baseline in the same run; the ratio is the result, the times depend on the machine.
var all = new Dictionary<string, Func<Task>>
{
    ["claims"] = ClaimBench.RunAsync,
    ["reconciler"] = ReconcilerBench.RunAsync,
    ["checkout"] = CheckoutBench.RunAsync,
    ["start"] = StartBench.RunAsync,
    ["weight"] = PageWeightBench.RunAsync,
    ["screen"] = ScreenBench.RunAsync,
    ["tokens"] = TokenBench.RunAsync,
    ["login"] = LoginBench.RunAsync,
    ["edge"] = EdgeBench.RunAsync,
    ["ai-proxy"] = AiProxyBench.RunAsync,
    ["soak"] = AiSoakBench.RunAsync,
    ["cli"] = RuntimeBench.CliAsync,
    ["conductor"] = RuntimeBench.ConductorAsync,
    ["ask"] = RuntimeBench.AskAsync,
    ["sync"] = RuntimeBench.SyncAsync,
};

if (args is ["bare", var port])
{
    await StartBench.ServeBareAsync(port);
    return 0;
}

if (args is ["ai-upstream", var upstreamPort])
{
    await AiNeighbours.ServeUpstreamAsync(upstreamPort);
    return 0;
}

if (args is ["ai-bare", var barePort, var upstream])
{
    await AiNeighbours.ServePassThroughAsync(barePort, upstream);
    return 0;
}

// Half an hour is only spent on request.
var chosen = args.Length == 0 ? all.Keys.Where(name => name != "soak").ToArray() : args;
foreach (var name in chosen)
{
    if (!all.TryGetValue(name, out var bench))
    {
        await Console.Error.WriteLineAsync($"There is no benchmark \"{name}\". Choose from: {string.Join(", ", all.Keys)}");
        return 2;
    }

    Console.WriteLine($"== {name}");
    await bench();
    Console.WriteLine();
}

return 0;
