using System.Globalization;

namespace Spoq.Tests.Ai.Metering.Ledger;

/// <summary>The long form, for <c>scripts/ledger</c>: as many repeats as asked for, each with a seed of its own.</summary>
internal static class LedgerProgram
{
    public const string Name = "ledger";

    public static async Task<int> RunAsync()
    {
        var (calls, repeats, seed) = (Number("SPOQ_LEDGER_CALLS", 50_000), Number("SPOQ_LEDGER_REPEATS", 10), Number("SPOQ_LEDGER_SEED", Environment.TickCount & 0xFFFFFF));
        var wrong = 0;
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            await using var run = new LedgerRun(new LedgerPlan(calls, seed + repeat, Workers: 64, Kills: 6, Stops: 2, Outages: 2));
            var sheet = await run.RunAsync();
            Console.WriteLine($"repeat {repeat + 1} of {repeats}");
            Console.WriteLine(sheet);
            wrong += sheet.Wrong.Count;
        }

        Console.WriteLine(wrong == 0 ? $"{repeats} repeats: nothing lost, doubled or invented." : $"{wrong} things are wrong. SPOQ_LEDGER_SEED={seed} makes the same calls again.");
        return wrong == 0 ? 0 : 1;
    }

    private static int Number(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
