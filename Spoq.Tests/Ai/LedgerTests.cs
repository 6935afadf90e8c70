using Spoq.Tests.Ai.Metering.Ledger;
using Xunit.Abstractions;

namespace Spoq.Tests.Ai;

/// <summary>U1: what was recorded is what the upstreams counted, whatever goes wrong on the way. <c>scripts/ledger</c> is the long form.</summary>
public sealed class LedgerTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Nothing_is_lost_doubled_or_invented_when_three_in_ten_go_wrong()
    {
        await using var run = new LedgerRun(new LedgerPlan(Calls: 600, Seed: 7, Workers: 12, Kills: 1, Stops: 1, Outages: 1));

        var sheet = await run.RunAsync();

        output.WriteLine(sheet.ToString());
        Assert.Empty(sheet.Wrong);
        Assert.Equal((0, 0), (sheet.Total.Lost, sheet.Total.Doubled));
        Assert.True(sheet.Total is { Taken: > 400, Exact: > 200, Estimates: > 20 });
    }
}
