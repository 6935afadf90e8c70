using Spoq.Core.Devices;

namespace Spoq.Infrastructure.Devices;

public sealed record ProfileView(Guid Id, int Slot, string Username, bool HasPassword, IReadOnlyList<DeviceView> Devices)
{
    public bool IsFull => Devices.Count >= Device.MaxPerProfile;
}

public sealed record DeviceView(Guid Id, string Name, string? Handle, DateTimeOffset CreatedAt, DateTimeOffset? LastConnectedAt, IReadOnlyList<KeyView> Keys)
{
    internal static DeviceView Of(Device device) => new(
        device.Id, device.Name, device.Handle, device.CreatedAt, device.LastConnectedAt,
        [.. device.Keys.OrderBy(key => key.Id).Select(key => new KeyView(key.Algorithm, key.Fingerprint, key.Comment))]);
}

/// <param name="Algorithm">Such as <c>ssh-ed25519</c>.</param>
/// <param name="Fingerprint"><c>SHA256:…</c>.</param>
/// <param name="Comment">A stranger's text, cleaned for showing.</param>
public sealed record KeyView(string Algorithm, string Fingerprint, string? Comment);

/// <summary>What a handle answered: shown, and kept until it is confirmed.</summary>
/// <param name="Handle">Without the @.</param>
/// <param name="Keys">All of them are added, or none.</param>
/// <param name="Skipped">Keys of the handle that cannot be used here.</param>
public sealed record ShownKeys(string Handle, IReadOnlyList<KeyView> Keys, int Skipped);
