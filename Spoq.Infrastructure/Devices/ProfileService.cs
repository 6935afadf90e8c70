using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Devices;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Devices;

/// <summary>The login names of an account. Another account's id is not found.</summary>
public sealed class ProfileService(IDbContextFactory<SpoqDbContext> contexts, SecretBox box, AuditLog audit, TimeProvider clock)
{
    /// <summary>What <see cref="Profile.PasswordHash"/> is sealed for.</summary>
    public const string PasswordPurpose = "profiles.password_hash";

    private const int FirstSlot = 1;

    public async Task<IReadOnlyList<ProfileView>> ListAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var profiles = await db.Profiles.AsNoTracking().Where(profile => profile.AccountId == accountId).OrderBy(profile => profile.Slot).ToListAsync(cancellationToken);
        var devices = await db.Devices.AsNoTracking().Include(device => device.Keys)
            .Where(device => device.AccountId == accountId).OrderBy(device => device.Slot).ToListAsync(cancellationToken);
        return
        [
            .. profiles.Select(profile => new ProfileView(
                profile.Id, profile.Slot, profile.Username, profile.PasswordHash is not null,
                [.. devices.Where(device => device.ProfileId == profile.Id).Select(DeviceView.Of)])),
        ];
    }

    /// <summary>Makes the first profile, or renames it as long as no computer runs with it: the wizard may be walked back and forth.</summary>
    public async Task<Result<Profile>> SetFirstProfileAsync(Guid accountId, string username, CancellationToken cancellationToken)
    {
        if (!Username.Check(username).Try(out var name, out var refusal))
        {
            return refusal;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var profiles = await LockAsync(db, accountId, cancellationToken);
        var first = profiles.Find(profile => profile.Slot == FirstSlot);
        refusal = first is null ? Add(db, accountId, profiles, name, out first) : await RenameAsync(db, profiles, first, name, cancellationToken);
        if (refusal is not null)
        {
            return refusal;
        }

        await SaveAsync(db, accountId, cancellationToken);
        return first!;
    }

    public async Task<Result<Profile>> AddAsync(Guid accountId, string username, CancellationToken cancellationToken)
    {
        if (!Username.Check(username).Try(out var name, out var refusal))
        {
            return refusal;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        refusal = Add(db, accountId, await LockAsync(db, accountId, cancellationToken), name, out var profile);
        if (refusal is not null)
        {
            return refusal;
        }

        await SaveAsync(db, accountId, cancellationToken);
        return profile!;
    }

    public async Task<Refusal?> RenameAsync(Guid accountId, Guid profileId, string username, CancellationToken cancellationToken)
    {
        if (!Username.Check(username).Try(out var name, out var refusal))
        {
            return refusal;
        }

        return await WithProfileAsync(accountId, profileId, (db, profiles, profile) => RenameAsync(db, profiles, profile, name, cancellationToken), cancellationToken);
    }

    /// <summary>With its devices. The first profile stays: a computer is set up with it.</summary>
    public Task<Refusal?> RemoveAsync(Guid accountId, Guid profileId, CancellationToken cancellationToken) =>
        WithProfileAsync(accountId, profileId, (db, _, profile) =>
        {
            if (profile.Slot == FirstSlot)
            {
                return Task.FromResult<Refusal?>(DeviceRefusals.LastProfile);
            }

            db.Remove(profile);
            audit.Add(db, new AuditEntry(accountId, "profile.removed", profile.Username, null, null));
            return Task.FromResult<Refusal?>(null);
        }, cancellationToken);

    /// <summary>Only the crypt(3) hash is kept, sealed; the clear text is gone when this returns.</summary>
    public Task<Refusal?> SetPasswordAsync(Guid accountId, Guid profileId, string password, CancellationToken cancellationToken) =>
        WithProfileAsync(accountId, profileId, (db, _, profile) =>
        {
            if (LoginPassword.Check(password, profile.Username) is { } refusal)
            {
                return Task.FromResult<Refusal?>(refusal);
            }

            var salt = Sha512Crypt.Salt(RandomNumberGenerator.GetBytes(Sha512Crypt.SaltLength));
            profile.SetPassword(box.Seal(Encoding.ASCII.GetBytes(Sha512Crypt.Hash(password, salt, Sha512Crypt.Rounds)), PasswordPurpose));
            audit.Add(db, new AuditEntry(accountId, "profile.password_set", profile.Username, null, null));
            return Task.FromResult<Refusal?>(null);
        }, cancellationToken);

    public Task<Refusal?> RemovePasswordAsync(Guid accountId, Guid profileId, CancellationToken cancellationToken) =>
        WithProfileAsync(accountId, profileId, (db, _, profile) =>
        {
            profile.SetPassword(null);
            audit.Add(db, new AuditEntry(accountId, "profile.password_removed", profile.Username, null, null));
            return Task.FromResult<Refusal?>(null);
        }, cancellationToken);

    private async Task<Refusal?> WithProfileAsync(
        Guid accountId, Guid profileId, Func<SpoqDbContext, List<Profile>, Profile, Task<Refusal?>> changeAsync, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var profiles = await LockAsync(db, accountId, cancellationToken);
        var profile = profiles.Find(row => row.Id == profileId);
        var refusal = profile is null ? DeviceRefusals.ProfileNotFound : await changeAsync(db, profiles, profile);
        if (refusal is null)
        {
            await SaveAsync(db, accountId, cancellationToken);
        }

        return refusal;
    }

    private Refusal? Add(SpoqDbContext db, Guid accountId, List<Profile> profiles, string name, out Profile? profile)
    {
        profile = null;
        if (profiles.Exists(row => row.Username == name))
        {
            return DeviceRefusals.UsernameTaken(name);
        }

        if (Profile.FreeSlot([.. profiles.Select(row => row.Slot)]) is not { } slot)
        {
            return DeviceRefusals.TooManyProfiles;
        }

        profile = new Profile(Guid.CreateVersion7(), accountId, slot, name, clock.GetUtcNow());
        db.Add(profile);
        audit.Add(db, new AuditEntry(accountId, "profile.added", name, null, null));
        return null;
    }

    private async Task<Refusal?> RenameAsync(SpoqDbContext db, List<Profile> profiles, Profile profile, string name, CancellationToken cancellationToken)
    {
        if (profile.Username == name)
        {
            return null;
        }

        if (profiles.Exists(row => row.Username == name))
        {
            return DeviceRefusals.UsernameTaken(name);
        }

        // Files and processes on a computer belong to the name it was set up with.
        var isInUse = await db.Instances.AnyAsync(
            instance => instance.AccountId == profile.AccountId && instance.State != InstanceState.Draft
                && instance.State != InstanceState.Cancelled && instance.State != InstanceState.Deleted,
            cancellationToken);
        if (isInUse)
        {
            return DeviceRefusals.ProfileInUse;
        }

        audit.Add(db, new AuditEntry(profile.AccountId, "profile.renamed", $"{profile.Username} to {name}", null, null));
        profile.Rename(name);
        return null;
    }

    private static async Task<List<Profile>> LockAsync(SpoqDbContext db, Guid accountId, CancellationToken cancellationToken)
    {
        await AccountLock.TakeAsync(db, accountId, cancellationToken);
        return await db.Profiles.Where(profile => profile.AccountId == accountId).ToListAsync(cancellationToken);
    }

    private static async Task SaveAsync(SpoqDbContext db, Guid accountId, CancellationToken cancellationToken)
    {
        await DeviceNotices.PublishAsync(db, accountId, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await db.Database.CommitTransactionAsync(cancellationToken);
    }
}
