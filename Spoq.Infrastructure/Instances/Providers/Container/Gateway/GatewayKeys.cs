using System.Text;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Devices;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Providers.Container.Engine;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Providers.Container.Gateway;

/// <summary>Who a key belongs to and where it may go: what the gateway's sshd asks for each key that somebody shows.</summary>
public sealed class GatewayKeys
{
    private readonly IDbContextFactory<SpoqDbContext> _contexts;
    private readonly DockerEngine _engine;
    private readonly SecretBox _secrets;
    private readonly TimeProvider _clock;

    internal GatewayKeys(IDbContextFactory<SpoqDbContext> contexts, DockerEngine engine, SecretBox secrets, TimeProvider clock) =>
        (_contexts, _engine, _secrets, _clock) = (contexts, engine, secrets, clock);

    /// <summary>
    /// A line of <c>authorized_keys</c> that goes on to the one computer meant, or nothing. The key says whose; the name says
    /// which: its address, or a user name where its owner has but one computer here.
    /// </summary>
    public async Task<string> LinesAsync(string name, string fingerprint, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        var found = await (
            from key in db.Set<DeviceKey>()
            where key.Fingerprint == fingerprint
            join device in db.Devices on key.DeviceId equals device.Id
            join profile in db.Profiles on device.ProfileId equals profile.Id
            join owner in db.Users on profile.AccountId equals owner.Id
            where owner.LockoutEnd == null || owner.LockoutEnd <= now
            join instance in db.Instances on profile.AccountId equals instance.AccountId
            where instance.Provider == ContainerProvider.Key && instance.State == InstanceState.Running
            select new { key.Algorithm, key.PublicKey, profile.Username, Instance = instance }).AsNoTracking().ToListAsync(cancellationToken);
        var meant = found.Where(row => row.Instance.Address == name).ToList();
        if (meant.Count == 0)
        {
            meant = found.Where(row => row.Username == name).ToList();
        }

        if (meant is not [{ Instance.SealedHostKey: { } sealedKey } one]
            || (await _engine.FindContainerAsync(ContainerMark.NameOf(one.Instance.Id), cancellationToken))?.PortOf(ContainerBlueprint.Ssh) is not { } port)
        {
            return "";
        }

        // A port may belong to another computer by the time it is dialled: the gateway is told whose key must answer there.
        var host = HostKey.Read(Encoding.ASCII.GetString(_secrets.Open(sealedKey, HostKey.Purpose))).PublicLine;
        return $"restrict,pty,command=\"/opt/spoq-gateway/hop {port} {one.Username} {host}\" {one.Algorithm} {one.PublicKey}\n";
    }
}
