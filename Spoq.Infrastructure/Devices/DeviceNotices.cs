using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Devices;

/// <summary>Who may log in where has changed; the payload is the account's id.</summary>
public static class DeviceNotices
{
    public const string Channel = "devices_changed";

    internal static Task PublishAsync(SpoqDbContext db, Guid accountId, CancellationToken cancellationToken) =>
        Notices.PublishAsync(db, Channel, accountId.ToString(), cancellationToken);
}
