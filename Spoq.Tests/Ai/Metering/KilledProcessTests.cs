using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Spoq.Core.Ai.Usage;
using Spoq.Infrastructure.Ai.Metering;
using Xunit.Abstractions;

namespace Spoq.Tests.Ai.Metering;

/// <summary>A real process that makes calls is killed with SIGKILL, again and again, in the same folder.</summary>
public sealed class KilledProcessTests(UsageWorld world, ITestOutputHelper output) : IClassFixture<UsageWorld>
{
    private const int Kills = 10;

    [Fact]
    public async Task Nothing_is_lost_doubled_or_invented_by_kill_9()
    {
        var told = new ConcurrentDictionary<Guid, Told>();
        var random = new Random(7);
        var spool = Path.Combine(world.DataDirectory, "usage-spool");
        for (var kill = 0; kill < Kills; kill++)
        {
            // Every other one also sends to PostgreSQL, and may die in the middle of that.
            await RunAndKillAsync(spool, kill % 2 == 0 ? "-" : world.ConnectionString, told, random);
        }

        await world.ShipAsync();
        await world.Get<UsageShipper>().AdoptAsync(CancellationToken.None);

        var events = await world.EventsAsync(SpoolWriter.Account);
        var byId = events.ToDictionary(one => one.RequestId);
        Assert.Empty(told.Where(pair => !pair.Value.Fits(byId.GetValueOrDefault(pair.Key))).Select(pair => $"{pair.Key} {pair.Value} but {Describe(byId.GetValueOrDefault(pair.Key))}").Take(5));
        var unheard = events.Where(one => !told.ContainsKey(one.RequestId)).ToList();
        Assert.InRange(unheard.Count, 0, Kills * 4);
        Assert.All(unheard, one => Assert.True(one.IsInterrupted));
        Assert.Equal(0, await UsageWorld.WrongSumsAsync(world.Get<NpgsqlDataSource>()));
        Assert.True(events.Any(one => one.IsInterrupted), "no call was caught in the middle");
        output.WriteLine($"{Kills} kills, {told.Count} calls, {events.Count} events, {events.Count(one => one.IsInterrupted)} interrupted, {unheard.Count} killed before they could say their name; lost 0, doubled 0");
    }

    private static async Task RunAndKillAsync(string spool, string database, ConcurrentDictionary<Guid, Told> told, Random random)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(SpoolWriter).Assembly.Location, SpoolWriter.Name, spool, database]) { RedirectStandardOutput = true };
        using var child = Process.Start(start)!;
        var enough = new TaskCompletionSource();
        var heard = 0;
        var reading = Task.Run(async () =>
        {
            while (await child.StandardOutput.ReadLineAsync() is { } line)
            {
                Hear(line, told);
                if (++heard == 2000)
                {
                    enough.SetResult();
                }
            }
        });
        await Task.WhenAny(enough.Task, reading).WaitAsync(TimeSpan.FromSeconds(90));
        await Task.Delay(random.Next(300));
        child.Kill();
        await child.WaitForExitAsync();
        await reading;
        Assert.Equal(128 + 9, child.ExitCode);
    }

    private static void Hear(string line, ConcurrentDictionary<Guid, Told> told)
    {
        var words = line.Split(' ');
        if (words.Length < 2 || !Guid.TryParseExact(words[1], "n", out var id))
        {
            return;
        }

        var before = told.GetValueOrDefault(id);
        var number = words.Length > 2 ? int.Parse(words[2], CultureInfo.InvariantCulture) : 0;
        told[id] = words[0] switch
        {
            "open" or "asked" => new Told(words[0], 0),
            "produced" => new Told("asked", number),
            _ => new Told(words[0], words[0] is "ending" or "ended" ? number : before!.Output),
        };
    }

    private static string Describe(UsageEvent? one) => one is null ? "nothing" : $"{one.OutputTokens} out, estimated {one.IsEstimated}, interrupted {one.IsInterrupted}";

    /// <param name="Did">The last thing that the process said of the call.</param>
    private sealed record Told(string Did, long Output)
    {
        public bool Fits(UsageEvent? one) => (Did, one) switch
        {
            ("abandoned", null) or ("abandoning", null) => true,
            ("abandoning", { IsInterrupted: true }) => true,
            ("ended", { IsEstimated: false } exact) => exact.OutputTokens == Output,
            ("ending", { IsEstimated: false } exact) => exact.OutputTokens == Output,
            ("ending", { IsInterrupted: true } cut) => cut.OutputTokens == Output - 1000,
            ("open", { IsInterrupted: true } cut) => cut is { OutputTokens: 0, InputTokens: 0 or 10 },
            ("asked", { IsInterrupted: true } cut) => cut.OutputTokens >= Output && cut.OutputTokens <= Output + SpoolWriter.Step && cut.InputTokens == 10,
            _ => false,
        };
    }
}
