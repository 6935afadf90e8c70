using Microsoft.EntityFrameworkCore;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances;

/// <summary>Adds a line to an instance's story and tells every node, both with the caller's commit.</summary>
internal static class InstanceNews
{
    public const string Channel = "instance_changed";

    public const string Table = "instances";

    public static void Tell(this SpoqDbContext db, Instance instance, DateTimeOffset at, Happening line) =>
        db.Tell(instance, at, line.Kind, line.Message, line.Step?.Key());

    public static void Tell(this SpoqDbContext db, Instance instance, DateTimeOffset at, string kind, string message, string? step = null) =>
        db.InstanceEvents.Add(new InstanceEvent(0, instance.Id, at, kind, message, step));

    /// <summary>To screens and to workers. Needs the caller's transaction: without one the notice goes out before the change.</summary>
    public static async Task AnnounceAsync(this SpoqDbContext db, Guid instanceId, CancellationToken cancellationToken)
    {
        await Notices.PublishAsync(db, Channel, instanceId.ToString(), cancellationToken);
        await Notices.PublishAsync(db, DueWorker.WakeChannel(Table), instanceId.ToString(), cancellationToken);
    }

    /// <summary>The row, locked until the caller's transaction ends: whoever changes an instance looks again first.</summary>
    public static Task<Instance?> LockInstanceAsync(this SpoqDbContext db, Guid instanceId, CancellationToken cancellationToken) =>
        db.Instances.FromSql($"select *, xmin from instances where id = {instanceId} for update").SingleOrDefaultAsync(cancellationToken);
}
