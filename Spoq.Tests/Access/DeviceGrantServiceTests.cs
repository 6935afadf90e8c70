using System.Net;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

public sealed class DeviceGrantServiceTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private readonly Caller _machine = From(Random.Shared.Next());
    private readonly Caller _browser = From(Random.Shared.Next());

    private DeviceGrantService Devices => database.Get<DeviceGrantService>();

    private DeviceDelivery Delivery => database.Get<DeviceDelivery>();

    [Fact]
    public async Task Of_a_hundred_polls_at_once_one_gets_the_tokens_and_they_work()
    {
        var account = await database.AddAccountAsync();
        var started = await StartAsync();
        Assert.Null(await DecideAsync(account, started.UserCode, isApproved: true));

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => PollAsync(started)));

        var delivered = Assert.Single(answers, answer => answer!.Poll == DevicePoll.Deliver)!;
        Assert.All(answers, answer => Assert.True(answer == delivered || answer!.Poll == DevicePoll.Spent));
        Assert.Equal(account, delivered.AccountId);
        Assert.True((await database.Get<AccessTokens>().AuthenticateAsync(delivered.Tokens!.AccessToken, CancellationToken.None)).Try(out var caller, out _));
        Assert.Equal((account, FirstPartyClients.Cli), (caller.AccountId, caller.ClientId));
    }

    [Fact]
    public async Task A_code_that_comes_back_later_ends_what_it_gave()
    {
        var account = await database.AddAccountAsync();
        var started = await StartAsync();
        await DecideAsync(account, started.UserCode, isApproved: true);
        var delivered = await PollAsync(started);

        database.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(DevicePoll.Reused, (await PollAsync(started))!.Poll);

        await Eventually.TrueAsync(async () => !(await database.Get<AccessTokens>().AuthenticateAsync(delivered!.Tokens!.AccessToken, CancellationToken.None)).Try(out _, out _), "the token to end");
        await using var db = database.NewContext();
        Assert.Equal(1, await db.Set<AuditEntry>().CountAsync(entry => entry.AccountId == account && entry.Action == "access.device_code_reused"));
    }

    [Fact]
    public async Task An_approval_is_written_down_and_mailed_and_a_denial_reaches_the_machine()
    {
        var account = await database.AddAccountAsync();
        var (first, second) = (await StartAsync(), await StartAsync());

        Assert.Null(await DecideAsync(account, first.UserCode, isApproved: true));
        Assert.Null(await DecideAsync(account, second.UserCode, isApproved: false));

        Assert.Equal(DevicePoll.Denied, (await PollAsync(second))!.Poll);
        var mail = Assert.Single(await database.MailsToAsync(account));
        Assert.Contains("new device", mail.Subject, StringComparison.Ordinal);
        Assert.Contains("Spoq command line on Alice's laptop", mail.Text, StringComparison.Ordinal);
        await using var db = database.NewContext();
        var actions = await db.Set<AuditEntry>().Where(entry => entry.AccountId == account).Select(entry => entry.Action).ToListAsync();
        Assert.Contains("access.device_approved", actions);
        Assert.Contains("access.device_denied", actions);
    }

    [Fact]
    public async Task Of_a_hundred_decisions_at_once_one_stands()
    {
        var account = await database.AddAccountAsync();
        var started = await StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(n => DecideAsync(account, started.UserCode, n % 2 == 0, From(n))));

        Assert.Single(answers, refusal => refusal is null);
    }

    [Fact]
    public async Task Five_wrong_tries_lock_the_account_and_the_victim_beside_it_notices_nothing()
    {
        var (stranger, victim) = (await database.AddAccountAsync(), await database.AddAccountAsync());
        var started = await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(DeviceAccessRefusals.Unknown, await FindAsync(stranger, "ANCHOR-ANCHOR-ANCHOR"));
        }

        Assert.Equal("user_code_locked", (await FindAsync(stranger, started.UserCode))?.Code);
        Assert.Equal("user_code_locked", (await DecideAsync(stranger, started.UserCode, isApproved: true))?.Code);
        Assert.Equal("user_code_locked", (await FindAsync(stranger, started.UserCode, From(77)))?.Code);
        Assert.Null(await FindAsync(victim, started.UserCode));
        Assert.Null(await DecideAsync(victim, started.UserCode, isApproved: true));

        await using var db = database.NewContext();
        Assert.Equal(5, await db.Set<AuditEntry>().CountAsync(entry => entry.AccountId == stranger && entry.Action == "access.device_code_failed"));
        database.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(DeviceAccessRefusals.Unknown, await FindAsync(stranger, "ANCHOR-ANCHOR-ANCHOR"));
    }

    [Fact]
    public async Task Right_words_never_count_however_often_they_are_looked_at()
    {
        var account = await database.AddAccountAsync();
        var started = await StartAsync();
        for (var i = 0; i < 30; i++)
        {
            Assert.Null(await FindAsync(account, started.UserCode));
        }
    }

    [Fact]
    public async Task A_hundred_guesses_at_once_are_still_no_more_than_five()
    {
        var account = await database.AddAccountAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => FindAsync(account, "ANCHOR-ANCHOR-ANCHOR")));

        Assert.Equal(5, answers.Count(refusal => refusal == DeviceAccessRefusals.Unknown));
    }

    [Fact]
    public async Task Many_accounts_of_one_network_guess_no_faster_and_whoever_types_right_at_once_is_let_through()
    {
        var started = await StartAsync();
        for (var n = 0; n < 4; n++)
        {
            var guesser = await database.AddAccountAsync();
            for (var i = 0; i < 5; i++)
            {
                await FindAsync(guesser, "ANCHOR-ANCHOR-ANCHOR");
            }
        }

        var late = await database.AddAccountAsync();
        Assert.Equal(DeviceAccessRefusals.Unknown, await FindAsync(late, "ANCHOR-ANCHOR-ANCHOR"));
        Assert.Equal("user_code_locked", (await FindAsync(late, "ANCHOR-ANCHOR-ANCHOR"))?.Code);
        var neighbour = await database.AddAccountAsync();
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(await FindAsync(neighbour, started.UserCode));
        }
    }

    [Fact]
    public async Task Another_program_with_the_right_code_gets_nothing()
    {
        var account = await database.AddAccountAsync();
        var started = await StartAsync();
        await DecideAsync(account, started.UserCode, isApproved: true);

        Assert.Null(await Delivery.PollAsync(started.DeviceCode, "somebody-else", _machine, CancellationToken.None));
        Assert.Null(await Delivery.PollAsync("no such code", FirstPartyClients.Cli, _machine, CancellationToken.None));
        Assert.Null(await Delivery.PollAsync(null, FirstPartyClients.Cli, _machine, CancellationToken.None));
        Assert.Equal(DevicePoll.Deliver, (await PollAsync(started))!.Poll);
    }

    [Fact]
    public async Task After_ten_minutes_the_words_and_the_code_are_over()
    {
        var account = await database.AddAccountAsync();
        var started = await StartAsync();

        database.Clock.Advance(DeviceGrant.Life);

        Assert.Equal(DeviceAccessRefusals.Expired, await FindAsync(account, started.UserCode));
        Assert.Equal(DeviceAccessRefusals.Expired, await DecideAsync(account, started.UserCode, isApproved: true));
        Assert.Equal(DevicePoll.Expired, (await PollAsync(started))!.Poll);
    }

    [Fact]
    public async Task What_one_account_decided_another_cannot_see()
    {
        var (alice, eve) = (await database.AddAccountAsync(), await database.AddAccountAsync());
        var started = await StartAsync();
        await DecideAsync(alice, started.UserCode, isApproved: true);

        Assert.Equal(DeviceAccessRefusals.Unknown, await FindAsync(eve, started.UserCode));
        Assert.Equal(DeviceAccessRefusals.Unknown, await DecideAsync(eve, started.UserCode, isApproved: false));
        Assert.Null(await FindAsync(alice, started.UserCode));
    }

    private static Caller From(int address) => new(new IPAddress(address), "tests");

    private async Task<DeviceStarted> StartAsync()
    {
        var asker = new DeviceAsker(FirstPartyClients.Cli, "Spoq command line", "Alice's laptop", Scopes.Account, _machine.Address);
        Assert.True((await Devices.StartAsync(asker, _machine, CancellationToken.None)).Try(out var started, out _));
        return started;
    }

    private Task<DeviceAnswer?> PollAsync(DeviceStarted started) => Delivery.PollAsync(started.DeviceCode, FirstPartyClients.Cli, _machine, CancellationToken.None);

    private async Task<Refusal?> FindAsync(Guid account, string words, Caller? from = null) =>
        (await Devices.FindAsync(account, words, from ?? _browser, CancellationToken.None)).Try(out _, out var no) ? null : no;

    private async Task<Refusal?> DecideAsync(Guid account, string words, bool isApproved, Caller? from = null) =>
        (await Devices.DecideAsync(account, words, isApproved, from ?? _browser, CancellationToken.None)).Try(out _, out var no) ? null : no;
}
