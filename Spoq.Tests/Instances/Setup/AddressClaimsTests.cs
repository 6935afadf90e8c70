using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Setup;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Setup;

public sealed class AddressClaimsTests(DatabaseFixture spoq) : IClassFixture<DatabaseFixture>
{
    private AddressClaims Claims => spoq.Get<AddressClaims>();

    [Fact]
    public async Task A_hundred_parallel_claims_leave_one_owner()
    {
        var accounts = new List<Guid>();
        for (var i = 0; i < 100; i++)
        {
            accounts.Add(await spoq.AddAccountAsync());
        }

        var answers = await Task.WhenAll(accounts.Select(account => Claims.HoldAsync(account, "contested", default)));

        Assert.Single(answers, answer => answer is null);
        Assert.All(answers.Where(answer => answer is not null), answer => Assert.Equal("taken", answer!.Code));
        Assert.Equal(accounts[Array.FindIndex(answers, answer => answer is null)], await HolderAsync("contested"));
    }

    [Fact]
    public async Task A_hold_runs_out_after_half_an_hour_unless_it_is_renewed()
    {
        var (alice, bob) = (await spoq.AddAccountAsync(), await spoq.AddAccountAsync());
        Assert.Null(await Claims.HoldAsync(alice, "fleeting", default));

        spoq.Clock.Advance(TimeSpan.FromMinutes(29));
        Assert.Equal("taken", (await Claims.HoldAsync(bob, "fleeting", default))?.Code);
        Assert.Null(await Claims.HoldAsync(alice, "fleeting", default));

        spoq.Clock.Advance(TimeSpan.FromMinutes(29));
        Assert.Equal("taken", (await Claims.HoldAsync(bob, "fleeting", default))?.Code);

        spoq.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await Claims.HoldAsync(bob, "fleeting", default));
        Assert.Equal("taken", (await Claims.HoldAsync(alice, "fleeting", default))?.Code);
    }

    [Fact]
    public async Task An_account_holds_one_address_at_a_time()
    {
        var (alice, bob) = (await spoq.AddAccountAsync(), await spoq.AddAccountAsync());

        Assert.Null(await Claims.HoldAsync(alice, "first-idea", default));
        Assert.Null(await Claims.HoldAsync(alice, "second-idea", default));

        Assert.Null(await Claims.HoldAsync(bob, "first-idea", default));
        Assert.Equal("taken", (await Claims.HoldAsync(bob, "second-idea", default))?.Code);
        Assert.Equal(bob, await HolderAsync("first-idea"));
    }

    [Fact]
    public async Task Many_tabs_of_one_account_end_with_one_hold()
    {
        var alice = await spoq.AddAccountAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Claims.HoldAsync(alice, $"tab-number-{i}", default)));

        Assert.All(answers, Assert.Null);
        await using var db = spoq.NewContext();
        Assert.Equal(1, await db.Set<AddressClaim>().CountAsync(claim => claim.AccountId == alice));
    }

    [Fact]
    public async Task A_refused_change_keeps_the_hold_one_has()
    {
        var (alice, bob) = (await spoq.AddAccountAsync(), await spoq.AddAccountAsync());
        Assert.Null(await Claims.HoldAsync(bob, "wanted", default));
        Assert.Null(await Claims.HoldAsync(alice, "modest", default));

        Assert.Equal("taken", (await Claims.HoldAsync(alice, "wanted", default))?.Code);
        Assert.Equal("look_alike", (await Claims.HoldAsync(alice, "sp0q", default))?.Code);

        Assert.Equal(alice, await HolderAsync("modest"));
    }

    [Fact]
    public async Task A_check_says_why_not_and_offers_what_is_free()
    {
        var (alice, bob) = (await spoq.AddAccountAsync(), await spoq.AddAccountAsync());
        Assert.Null(await Claims.HoldAsync(alice, "carol", default));
        Assert.Null(await Claims.HoldAsync(bob, "my-carol", default));

        var answer = await Claims.CheckAsync("Carol", null, default);
        var own = await Claims.CheckAsync("carol", alice, default);
        var invalid = await Claims.CheckAsync("carol smith", null, default);

        Assert.Equal("taken", answer.Refusal?.Code);
        Assert.Equal(AddressSuggestions.Shown, answer.Suggestions.Count);
        Assert.DoesNotContain("my-carol", answer.Suggestions);
        Assert.True(own.Available);
        Assert.Equal("bad_characters", invalid.Refusal?.Code);
        Assert.Contains("carol-smith", invalid.Suggestions);
    }

    [Fact]
    public async Task A_locked_in_address_stays_until_thirty_days_after_its_release()
    {
        var (alice, bob) = (await spoq.AddAccountAsync(), await spoq.AddAccountAsync());
        Assert.Null(await Claims.HoldAsync(alice, "settled", default));
        var instance = await AddInstanceAsync(alice, "settled");

        Assert.Null(await LockInAsync(instance));
        Assert.Null(await LockInAsync(instance));
        Assert.Null(await Claims.HoldAsync(alice, "another", default));
        spoq.Clock.Advance(TimeSpan.FromDays(400));
        Assert.Equal("taken", (await Claims.HoldAsync(bob, "settled", default))?.Code);

        await using (var db = spoq.NewContext())
        {
            await AddressClaims.ReleaseAsync(db, instance, spoq.Clock.Now + AddressClaim.RestTime, default);
        }

        spoq.Clock.Advance(TimeSpan.FromDays(29));
        Assert.Equal("taken", (await Claims.HoldAsync(alice, "settled", default))?.Code);
        spoq.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Null(await Claims.HoldAsync(bob, "settled", default));
    }

    [Fact]
    public async Task An_instance_cannot_lock_in_what_somebody_else_holds()
    {
        var (alice, bob) = (await spoq.AddAccountAsync(), await spoq.AddAccountAsync());
        var instance = await AddInstanceAsync(alice, "overtaken");
        Assert.Null(await Claims.HoldAsync(bob, "overtaken", default));

        Assert.Equal("taken", (await LockInAsync(instance))?.Code);
        spoq.Clock.Advance(TimeSpan.FromMinutes(31));
        Assert.Null(await LockInAsync(instance));
        Assert.Equal("taken", (await Claims.HoldAsync(bob, "overtaken", default))?.Code);
    }

    private async Task<Refusal?> LockInAsync(Instance instance)
    {
        await using var db = spoq.NewContext();
        return await Claims.LockInAsync(db, instance, default);
    }

    private async Task<Instance> AddInstanceAsync(Guid account, string address)
    {
        await using var db = spoq.NewContext();
        var instance = new Instance(Guid.CreateVersion7(), account, address, $"{address}.localhost", "alice", "cloud", "local", "local", spoq.Clock.Now);
        db.Add(instance);
        await db.SaveChangesAsync();
        return instance;
    }

    private async Task<Guid?> HolderAsync(string address)
    {
        await using SpoqDbContext db = spoq.NewContext();
        return await db.Set<AddressClaim>().Where(claim => claim.Address == address).Select(claim => claim.AccountId).SingleAsync();
    }
}
