using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

public sealed class ApiKeyServiceTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private static readonly Caller s_caller = new(IPAddress.Parse("192.0.2.1"), "tests");

    private ApiKeyService Keys => database.Get<ApiKeyService>();

    [Fact]
    public async Task A_key_opens_what_it_was_made_for_and_the_database_does_not_hold_it()
    {
        var account = await database.AddAccountAsync();
        var made = await MakeAsync(account, ["ai", "email.read"]);

        var caller = await OpensAsync(made.Secret);

        Assert.NotNull(caller);
        Assert.Equal(account, caller.AccountId);
        Assert.Equal(made.Key.Id, caller.KeyId);
        Assert.Equal(["ai", "email.read"], caller.Scopes.Order());
        await using var db = database.NewContext();
        Assert.Equal(0, await db.Database.SqlQuery<int>($"select count(*)::int as \"Value\" from api_keys k where position({made.Secret[18..40]} in k::text) > 0").SingleAsync());
        Assert.Equal(1, await db.Set<AuditEntry>().CountAsync(entry => entry.AccountId == account && entry.Action == "access.api_key_created"));
    }

    [Fact]
    public async Task Of_a_hundred_wishes_at_once_as_many_are_granted_as_the_limit_allows()
    {
        var account = await database.AddAccountAsync();
        var terms = Terms(["ai"]);

        var made = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Keys.CreateAsync(account, terms, s_caller, CancellationToken.None)));

        Assert.Equal(ApiKey.MaxPerAccount, made.Count(answer => answer.Try(out _, out _)));
        Assert.All(made, answer => Assert.True(answer.Try(out _, out var no) || no == ApiKeyRefusals.TooMany));
    }

    [Fact]
    public async Task A_revoked_key_is_out_on_every_node_at_once()
    {
        var account = await database.AddAccountAsync();
        var made = await MakeAsync(account, ["ai"]);
        var other = database.NewNode().GetRequiredService<ApiKeyService>();

        // The clock stands still, so that only a notice, never age, can end what the other node holds.
        Assert.NotNull(await other.AuthenticateAsync(made.Secret, null, CancellationToken.None));
        Assert.NotNull(await OpensAsync(made.Secret));
        await Eventually.TrueAsync(
            async () =>
            {
                await using var db = database.NewContext();
                return await db.Database.SqlQuery<int>($"select count(*)::int as \"Value\" from pg_stat_activity where datname = current_database() and query like 'listen%api_key%'").SingleAsync() >= 2;
            },
            "both nodes to listen");

        Assert.Null(await Keys.RevokeAsync(account, made.Key.Id, s_caller, CancellationToken.None));

        await Eventually.TrueAsync(async () => await other.AuthenticateAsync(made.Secret, null, CancellationToken.None) is null, "the other node to refuse the key");
        await Eventually.TrueAsync(async () => await OpensAsync(made.Secret) is null, "this node to refuse the key");
        Assert.Equal(ApiKeyRefusals.NotFound, await Keys.RevokeAsync(account, made.Key.Id, s_caller, CancellationToken.None));
        Assert.Empty(await Keys.ListAsync(account, null, 10, CancellationToken.None));
    }

    [Fact]
    public async Task After_a_rotation_both_secrets_work_for_the_overlap_and_then_the_new_one_alone()
    {
        var account = await database.AddAccountAsync();
        var made = await MakeAsync(account, ["ai"]);

        var rotated = await RotateAsync(account, made.Key.Id, TimeSpan.FromHours(2));

        Assert.NotNull(await OpensAsync(made.Secret));
        Assert.NotNull(await OpensAsync(rotated.Secret));
        database.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Null(await OpensAsync(made.Secret));
        Assert.NotNull(await OpensAsync(rotated.Secret));

        var again = await RotateAsync(account, made.Key.Id, TimeSpan.Zero);
        await Eventually.TrueAsync(async () => await OpensAsync(rotated.Secret) is null, "the secret before to end at once");
        Assert.NotNull(await OpensAsync(again.Secret));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(73)]
    public async Task An_overlap_beyond_three_days_is_refused(int hours)
    {
        var account = await database.AddAccountAsync();
        var made = await MakeAsync(account, ["ai"]);

        (await Keys.RotateAsync(account, made.Key.Id, TimeSpan.FromHours(hours), s_caller, CancellationToken.None)).Try(out _, out var no);

        Assert.Equal(ApiKeyRefusals.BadOverlap, no);
    }

    [Fact]
    public async Task An_expired_key_opens_nothing_although_it_was_just_used()
    {
        var account = await database.AddAccountAsync();
        Assert.True(ApiKeyTerms.Check("short", ["ai"], database.Clock.Now.AddMinutes(5), null, database.Clock.Now).Try(out var terms, out _));
        Assert.True((await Keys.CreateAsync(account, terms, s_caller, CancellationToken.None)).Try(out var made, out _));

        database.Clock.Advance(TimeSpan.FromSeconds(299));
        Assert.NotNull(await OpensAsync(made.Secret));
        database.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await OpensAsync(made.Secret));
        (await Keys.RotateAsync(account, made.Key.Id, TimeSpan.Zero, s_caller, CancellationToken.None)).Try(out _, out var no);
        Assert.Equal(ApiKeyRefusals.Over, no);
    }

    [Fact]
    public async Task Last_use_is_written_at_most_once_a_minute()
    {
        var account = await database.AddAccountAsync();
        var made = await MakeAsync(account, ["ai"]);
        var first = database.Clock.Now;

        await UseFromAsync("192.0.2.7");
        database.Clock.Advance(TimeSpan.FromSeconds(59));
        await UseFromAsync("192.0.2.8");
        var kept = Assert.Single(await Keys.ListAsync(account, null, 10, CancellationToken.None));
        Assert.Equal((first, IPAddress.Parse("192.0.2.7")), (kept.LastUsedAt!.Value, kept.LastUsedAddress));

        database.Clock.Advance(TimeSpan.FromSeconds(1));
        await UseFromAsync("192.0.2.9");
        kept = Assert.Single(await Keys.ListAsync(account, null, 10, CancellationToken.None));
        Assert.Equal((first.AddMinutes(1), IPAddress.Parse("192.0.2.9")), (kept.LastUsedAt!.Value, kept.LastUsedAddress));

        Task UseFromAsync(string address) => Keys.AuthenticateAsync(made.Secret, IPAddress.Parse(address), CancellationToken.None);
    }

    [Fact]
    public async Task A_suspended_account_has_no_working_key()
    {
        var account = await database.AddAccountAsync();
        var made = await MakeAsync(account, ["ai"]);
        await using var db = database.NewContext();
        await db.Users.Where(user => user.Id == account).ExecuteUpdateAsync(set => set.SetProperty(user => user.LockoutEnd, database.Clock.Now.AddYears(1)));

        Assert.Null(await OpensAsync(made.Secret));
    }

    [Fact]
    public async Task Another_accounts_key_is_not_found()
    {
        var made = await MakeAsync(await database.AddAccountAsync(), ["ai"]);
        var stranger = await database.AddAccountAsync();

        Assert.Equal(ApiKeyRefusals.NotFound, await Keys.RevokeAsync(stranger, made.Key.Id, s_caller, CancellationToken.None));
        (await Keys.RotateAsync(stranger, made.Key.Id, TimeSpan.Zero, s_caller, CancellationToken.None)).Try(out _, out var no);
        Assert.Equal(ApiKeyRefusals.NotFound, no);
        Assert.Empty(await Keys.ListAsync(stranger, null, 10, CancellationToken.None));
        Assert.NotNull(await OpensAsync(made.Secret));
    }

    [Fact]
    public void Wishes_that_make_no_sense_are_refused_in_words()
    {
        var now = database.Clock.Now;
        Assert.Equal(ApiKeyRefusals.NameMissing, No(" ", ["ai"], null, null));
        Assert.Equal(ApiKeyRefusals.NameBad, No(new string('x', 61), ["ai"], null, null));
        Assert.Equal(ApiKeyRefusals.ScopesMissing, No("x", [], null, null));
        Assert.Equal(ApiKeyRefusals.ScopeUnknown, No("x", ["ai", "account"], null, null));
        Assert.Equal(ApiKeyRefusals.ExpiryPast, No("x", ["ai"], now, null));
        Assert.Equal(ApiKeyRefusals.BadCap, No("x", ["ai"], null, 0));
        Assert.Equal(ApiKeyRefusals.BadCap, No("x", ["ai"], null, long.MaxValue));

        Refusal? No(string name, string[] scopes, DateTimeOffset? expires, long? cap) =>
            ApiKeyTerms.Check(name, scopes, expires, cap, now).Try(out _, out var no) ? null : no;
    }

    private async Task<IssuedApiKey> MakeAsync(Guid account, string[] scopes)
    {
        Assert.True((await Keys.CreateAsync(account, Terms(scopes), s_caller, CancellationToken.None)).Try(out var made, out _));
        return made;
    }

    private async Task<IssuedApiKey> RotateAsync(Guid account, Guid keyId, TimeSpan overlap)
    {
        Assert.True((await Keys.RotateAsync(account, keyId, overlap, s_caller, CancellationToken.None)).Try(out var rotated, out _));
        return rotated;
    }

    private ApiKeyTerms Terms(string[] scopes)
    {
        Assert.True(ApiKeyTerms.Check("backup script", scopes, null, null, database.Clock.Now).Try(out var terms, out _));
        return terms;
    }

    private Task<ApiKeyCaller?> OpensAsync(string secret) => Keys.AuthenticateAsync(secret, null, CancellationToken.None);
}
