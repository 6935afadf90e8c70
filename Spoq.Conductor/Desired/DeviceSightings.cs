using Spoq.Core.Wire;

namespace Spoq.Conductor.Desired;

/// <summary>
/// Which devices' keys the SSH server let in: <c>spoq authorized-keys</c> touches a file with the device's id. Each sight is
/// told home once.
/// </summary>
internal sealed class DeviceSightings(DataDirectory data, StateHolder state)
{
    private const int Most = 16;

    private readonly Dictionary<Guid, DateTime> _told = [];

    /// <summary>Null: nothing new. They are told again until <see cref="Told"/>.</summary>
    public IReadOnlyList<DeviceSeen>? News()
    {
        var folder = new DirectoryInfo(Path.Combine(data.Root, SeenFolder.Name));
        if (!folder.Exists || state.Current is not { } desired)
        {
            return null;
        }

        try
        {
            var news = desired.Profiles.SelectMany(profile => profile.Keys).Select(key => key.DeviceId).Distinct()
                .Select(id => (Id: id, File: new FileInfo(Path.Combine(folder.FullName, id.ToString()))))
                .Where(seen => seen.File.Exists && seen.File.LastWriteTimeUtc > _told.GetValueOrDefault(seen.Id))
                .Select(seen => new DeviceSeen(seen.Id, new DateTimeOffset(seen.File.LastWriteTimeUtc))).Take(Most).ToList();
            return news.Count > 0 ? news : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Told(IReadOnlyList<DeviceSeen> seen)
    {
        foreach (var device in seen)
        {
            _told[device.DeviceId] = device.At.UtcDateTime;
        }
    }
}
