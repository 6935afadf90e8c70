using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Devices;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Devices;

/// <summary>Lets devices into profiles and out again. Another account's id is not found.</summary>
public sealed class DeviceService(IDbContextFactory<SpoqDbContext> contexts, HandleLookups lookups, AuditLog audit, TimeProvider clock)
{
    public async Task<IReadOnlyList<DeviceView>> ListAsync(Guid accountId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var devices = await db.Devices.AsNoTracking().Include(device => device.Keys)
            .Where(device => device.AccountId == accountId).OrderBy(device => device.Id).ToListAsync(cancellationToken);
        return [.. devices.Select(DeviceView.Of)];
    }

    /// <param name="accountId">The owner.</param>
    /// <param name="profileId">One of the owner's profiles.</param>
    /// <param name="pasted">One public key, as it was pasted.</param>
    /// <param name="name">Null: the key's comment, until the owner names it.</param>
    /// <param name="cancellationToken">Stops before the commit.</param>
    public async Task<Result<DeviceView>> AddKeyAsync(Guid accountId, Guid profileId, string pasted, string? name, CancellationToken cancellationToken)
    {
        if (!SshPublicKey.Parse(pasted).Try(out var key, out var refusal) || !DeviceName.Check(name ?? DeviceName.Suggest(key)).Try(out name, out refusal))
        {
            return refusal;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        return await AddAsync(db, new NewDevice(accountId, profileId, name, Handle: null, [key]), cancellationToken);
    }

    /// <summary>Shows whose keys a handle would let in; nothing is added yet.</summary>
    public Task<Result<ShownKeys>> LookUpHandleAsync(Guid accountId, string handle, CancellationToken cancellationToken) =>
        lookups.ShowAsync(accountId, handle, cancellationToken);

    /// <summary>Adds the keys that were shown, when the fingerprints confirmed are exactly theirs.</summary>
    public async Task<Result<DeviceView>> AddHandleAsync(
        Guid accountId, Guid profileId, string handle, IReadOnlyCollection<string> fingerprintsConfirmed, string? name, CancellationToken cancellationToken)
    {
        if (!Handle.Check(handle).Try(out var checkedHandle, out var refusal)
            || !DeviceName.Check(name ?? DeviceName.Suggest(checkedHandle)).Try(out name, out refusal))
        {
            return refusal;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await AccountLock.TakeAsync(db, accountId, cancellationToken);
        return (await lookups.TakeAsync(db, accountId, checkedHandle, fingerprintsConfirmed, cancellationToken)).Try(out var list, out refusal)
            ? await AddAsync(db, new NewDevice(accountId, profileId, name, checkedHandle, list.Keys), cancellationToken)
            : refusal;
    }

    public async Task<Refusal?> RenameAsync(Guid accountId, Guid deviceId, string name, CancellationToken cancellationToken)
    {
        if (!DeviceName.Check(name).Try(out var checkedName, out var refusal))
        {
            return refusal;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var renamed = await db.Devices.Where(row => row.Id == deviceId && row.AccountId == accountId)
            .ExecuteUpdateAsync(row => row.SetProperty(device => device.Name, checkedName), cancellationToken);
        return renamed == 0 ? DeviceRefusals.DeviceNotFound : null;
    }

    public async Task<Refusal?> RemoveAsync(Guid accountId, Guid deviceId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await AccountLock.TakeAsync(db, accountId, cancellationToken);
        var device = await db.Devices.Include(row => row.Keys).SingleOrDefaultAsync(row => row.Id == deviceId && row.AccountId == accountId, cancellationToken);
        if (device is null)
        {
            return DeviceRefusals.DeviceNotFound;
        }

        db.Remove(device);
        audit.Add(db, new AuditEntry(accountId, "device.removed", $"\"{device.Name}\" with {Prints(device.Keys)}", null, null));
        await DeviceNotices.PublishAsync(db, accountId, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    /// <summary>In the transaction of <paramref name="db"/>, which it commits.</summary>
    private async Task<Result<DeviceView>> AddAsync(SpoqDbContext db, NewDevice wanted, CancellationToken cancellationToken)
    {
        await AccountLock.TakeAsync(db, wanted.AccountId, cancellationToken);
        if (!await db.Profiles.AnyAsync(profile => profile.Id == wanted.ProfileId && profile.AccountId == wanted.AccountId, cancellationToken))
        {
            return DeviceRefusals.ProfileNotFound;
        }

        var fingerprints = wanted.Keys.Select(key => key.Fingerprint).ToArray();
        var holder = await db.Devices
            .Where(device => device.AccountId == wanted.AccountId && device.Keys.Any(key => fingerprints.Contains(key.Fingerprint)))
            .Select(device => device.Name).FirstOrDefaultAsync(cancellationToken);
        if (holder is not null)
        {
            return DeviceRefusals.KeyAlreadyAdded(holder);
        }

        var taken = await db.Devices.Where(device => device.ProfileId == wanted.ProfileId).Select(device => device.Slot).ToListAsync(cancellationToken);
        if (Device.FreeSlot(taken) is not { } slot)
        {
            return DeviceRefusals.ProfileFull;
        }

        var device = new Device(Guid.CreateVersion7(), wanted.AccountId, wanted.ProfileId, slot, wanted.Name, wanted.Handle, clock.GetUtcNow());
        device.Keys.AddRange(wanted.Keys.Select(key =>
            new DeviceKey(Guid.CreateVersion7(), wanted.AccountId, device.Id, key.Algorithm, key.Blob, key.Fingerprint, key.Comment)));
        db.Add(device);
        audit.Add(db, new AuditEntry(wanted.AccountId, "device.added", $"\"{device.Name}\" with {Prints(device.Keys)}", null, null));
        await DeviceNotices.PublishAsync(db, wanted.AccountId, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        await db.Database.CommitTransactionAsync(cancellationToken);
        return DeviceView.Of(device);
    }

    private static string Prints(IEnumerable<DeviceKey> keys) => string.Join(", ", keys.Select(key => key.Fingerprint));

    private sealed record NewDevice(Guid AccountId, Guid ProfileId, string Name, string? Handle, IReadOnlyList<SshPublicKey> Keys);
}
