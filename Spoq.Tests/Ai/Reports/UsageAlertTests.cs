using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Reports;
using Spoq.Infrastructure.Ops.Chores;
using Spoq.Tests.Ai.Metering;

namespace Spoq.Tests.Ai.Reports;

public sealed class UsageAlertTests(UsageWorld world) : IClassFixture<UsageWorld>
{
    private UsageAlertChore Chore => world.Get<IEnumerable<IChore>>().OfType<UsageAlertChore>().Single();

    [Fact]
    public async Task People_hear_of_80_and_of_100_percent_once_each_in_a_month()
    {
        var account = await world.AddAccountAsync();
        await world.Get<UsageReports>().SetCapAsync(account, 10_000_000, CancellationToken.None);

        await UseAsync(account, 2_600_000);
        Assert.Empty(await world.MailsToAsync(account));

        await UseAsync(account, 100_000);
        await UseAsync(account, 100_000);
        Assert.Equal("You have used 80 % of your monthly AI cap", Assert.Single(await world.MailsToAsync(account)).Subject);

        await UseAsync(account, 600_000);
        await UseAsync(account, 600_000);
        var mails = await world.MailsToAsync(account);
        Assert.Equal(2, mails.Count);
        Assert.Equal("You have used all of your monthly AI cap", mails[1].Subject);
        Assert.Contains("http://localhost:5080/dashboard/usage", mails[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_goes_past_both_at_once_gets_one_mail()
    {
        var account = await world.AddAccountAsync();
        await world.Get<UsageReports>().SetCapAsync(account, 1_000_000, CancellationToken.None);

        await UseAsync(account, 5_000_000);
        await UseAsync(account, 1);

        Assert.Equal("You have used all of your monthly AI cap", Assert.Single(await world.MailsToAsync(account)).Subject);
    }

    [Fact]
    public async Task Whoever_raises_the_cap_is_told_again_when_the_new_one_is_near()
    {
        var account = await world.AddAccountAsync();
        await CapAsync(account, 10_000_000);
        await UseAsync(account, 2_700_000);
        Assert.Single(await world.MailsToAsync(account));

        await CapAsync(account, 20_000_000);
        await UseAsync(account, 100_000);
        Assert.Single(await world.MailsToAsync(account));

        await UseAsync(account, 2_700_000);
        await UseAsync(account, 100_000);
        Assert.Equal(2, (await world.MailsToAsync(account)).Count);

        await CapAsync(account, 10_000_000);
        await CapAsync(account, 20_000_000);
        await UseAsync(account, 1);
        var mails = await world.MailsToAsync(account);
        Assert.Equal(2, mails.Count);
        Assert.Contains("of $20.00", mails[1].Text, StringComparison.Ordinal);
    }

    private async Task CapAsync(Guid account, long cap) => Assert.Null(await world.Get<UsageReports>().SetCapAsync(account, cap, CancellationToken.None));

    private async Task UseAsync(Guid account, long inputTokens)
    {
        world.Call(account, new TokenUsage(inputTokens, 0, 0, 0, 0));
        await world.ShipAsync();
        await Task.WhenAll(Chore.RunAsync(CancellationToken.None), Chore.RunAsync(CancellationToken.None));
    }
}
