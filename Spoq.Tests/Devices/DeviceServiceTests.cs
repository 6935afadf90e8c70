using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Spoq.Core.Devices;
using Spoq.Infrastructure.Devices;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Devices;

public sealed class DeviceServiceTests(DeviceServiceTests.Fixture fixture) : IClassFixture<DeviceServiceTests.Fixture>
{
    private readonly DeviceService _devices = fixture.Get<DeviceService>();
    private readonly ProfileService _profiles = fixture.Get<ProfileService>();

    [Fact]
    public async Task Fifty_devices_at_once_leave_two_in_the_profile()
    {
        var (accountId, profile) = await AliceAsync();
        var keys = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(Key)));

        var codes = await Task.WhenAll(keys.Select(async key =>
            (await _devices.AddKeyAsync(accountId, profile.Id, key, null, CancellationToken.None)).Try(out _, out var refusal) ? "added" : refusal.Code));

        Assert.Equal(2, codes.Count(code => code == "added"));
        Assert.Equal(48, codes.Count(code => code == "profile_full"));
        Assert.Equal(2, (await _devices.ListAsync(accountId, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Fifty_profiles_at_once_leave_two_in_the_account()
    {
        var accountId = await fixture.AddAccountAsync();

        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => _profiles.AddAsync(accountId, $"alice{i}", CancellationToken.None)));

        Assert.Equal([1, 2], (await _profiles.ListAsync(accountId, CancellationToken.None)).Select(profile => profile.Slot));
    }

    [Fact]
    public async Task A_key_comes_in_once_an_account_and_the_answer_names_who_has_it()
    {
        var (accountId, profile) = await AliceAsync();
        var key = Key();
        Assert.True((await _devices.AddKeyAsync(accountId, profile.Id, key, "Laptop", CancellationToken.None)).Try(out _, out _));

        var again = await _devices.AddKeyAsync(accountId, profile.Id, key, null, CancellationToken.None);

        Assert.False(again.Try(out _, out var refusal));
        Assert.Equal("key_already_added", refusal.Code);
        Assert.Contains("\"Laptop\"", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_accounts_ids_are_not_found()
    {
        var (accountId, profile) = await AliceAsync();
        Assert.True((await _devices.AddKeyAsync(accountId, profile.Id, Key(), null, CancellationToken.None)).Try(out var device, out _));
        var mallory = await fixture.AddAccountAsync();

        Assert.False((await _devices.AddKeyAsync(mallory, profile.Id, Key(), null, CancellationToken.None)).Try(out _, out var refusal));
        Assert.Equal("profile_not_found", refusal.Code);
        Assert.Equal("device_not_found", (await _devices.RenameAsync(mallory, device.Id, "mine", CancellationToken.None))?.Code);
        Assert.Equal("device_not_found", (await _devices.RemoveAsync(mallory, device.Id, CancellationToken.None))?.Code);
        Assert.Equal("profile_not_found", (await _profiles.RenameAsync(mallory, profile.Id, "mallory", CancellationToken.None))?.Code);
        Assert.Single(await _devices.ListAsync(accountId, CancellationToken.None));
    }

    [Fact]
    public async Task What_was_shown_comes_in_even_when_the_handle_answers_otherwise_by_then()
    {
        var (accountId, profile) = await AliceAsync();
        fixture.Directory.Lists["alice"] = KeyList.Read($"{Key()}\n{Key()}")!;
        Assert.True((await _devices.LookUpHandleAsync(accountId, "@alice", CancellationToken.None)).Try(out var shown, out _));
        fixture.Directory.Lists["alice"] = KeyList.Read(Key())!;

        var prints = shown.Keys.Select(key => key.Fingerprint).ToArray();
        var added = await _devices.AddHandleAsync(accountId, profile.Id, "alice", prints, null, CancellationToken.None);

        Assert.True(added.Try(out var device, out _));
        Assert.Equal("@alice", device.Name);
        Assert.Equal(prints.Order(), device.Keys.Select(key => key.Fingerprint).Order());
    }

    [Fact]
    public async Task Fingerprints_that_were_not_shown_or_too_long_ago_do_not_come_in()
    {
        var (accountId, profile) = await AliceAsync();
        fixture.Directory.Lists["bob"] = KeyList.Read(Key())!;
        Assert.True((await _devices.LookUpHandleAsync(accountId, "bob", CancellationToken.None)).Try(out var first, out _));
        fixture.Directory.Lists["bob"] = KeyList.Read(Key())!;
        Assert.True((await _devices.LookUpHandleAsync(accountId, "bob", CancellationToken.None)).Try(out var second, out _));

        Assert.Equal("look_up_again", await ConfirmAsync(first));
        Assert.Equal("look_up_again", await ConfirmAsync(second with { Keys = [] }));
        fixture.Clock.Advance(HandleLookup.Lifetime + TimeSpan.FromSeconds(1));
        Assert.Equal("look_up_again", await ConfirmAsync(second));

        async Task<string?> ConfirmAsync(ShownKeys shown) =>
            (await _devices.AddHandleAsync(accountId, profile.Id, "bob", [.. shown.Keys.Select(key => key.Fingerprint)], null, CancellationToken.None)).Try(out _, out var refusal) ? null : refusal.Code;
    }

    [Fact]
    public async Task Adding_and_removing_are_audited()
    {
        var (accountId, profile) = await AliceAsync();
        Assert.True((await _devices.AddKeyAsync(accountId, profile.Id, Key(), "Phone", CancellationToken.None)).Try(out var device, out _));
        Assert.Null(await _devices.RemoveAsync(accountId, device.Id, CancellationToken.None));

        await using var db = fixture.NewContext();
        var entries = await db.Set<AuditEntry>().Where(entry => entry.AccountId == accountId).OrderBy(entry => entry.Id).ToListAsync();

        Assert.Equal(["profile.added", "device.added", "device.removed"], entries.Select(entry => entry.Action));
        Assert.Contains(device.Keys[0].Fingerprint, entries[2].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_is_kept_as_a_sealed_hash_only()
    {
        var (accountId, profile) = await AliceAsync();
        Assert.Null(await _profiles.SetPasswordAsync(accountId, profile.Id, "correct horse 1", CancellationToken.None));

        await using var db = fixture.NewContext();
        var sealedHash = (await db.Profiles.SingleAsync(row => row.Id == profile.Id)).PasswordHash!;
        var hash = System.Text.Encoding.ASCII.GetString(fixture.Get<SecretBox>().Open(sealedHash, ProfileService.PasswordPurpose));

        Assert.Equal(hash, Sha512Crypt.Hash("correct horse 1", hash.Split('$')[3], Sha512Crypt.Rounds));
    }

    private static string Key() => SshKeygen.New("-t", "ed25519").Public;

    private async Task<(Guid AccountId, Profile Profile)> AliceAsync()
    {
        var accountId = await fixture.AddAccountAsync();
        Assert.True((await _profiles.SetFirstProfileAsync(accountId, "alice", CancellationToken.None)).Try(out var profile, out _));
        return (accountId, profile);
    }

    public sealed class Fixture : DatabaseFixture
    {
        internal ListedDirectory Directory { get; } = new();

        protected override void Configure(HostApplicationBuilder builder) => builder.Services.AddSingleton<IKeyDirectory>(Directory);
    }

    internal sealed class ListedDirectory : IKeyDirectory
    {
        public Dictionary<string, KeyList> Lists { get; } = [];

        public Task<DirectoryAnswer> FindAsync(string handle, CancellationToken cancellationToken) =>
            Task.FromResult<DirectoryAnswer>(Lists.TryGetValue(handle, out var list) ? new DirectoryAnswer.Found(list) : new DirectoryAnswer.Unknown());
    }
}
