using Spoq.Infrastructure.Devices;

namespace Spoq.Web.Devices;

/// <summary>One device as the API tells it.</summary>
/// <param name="Handle">The ssh.id handle its keys came from; null for a pasted key.</param>
/// <param name="Fingerprint">Of its first key.</param>
internal sealed record DeviceAnswer(
    Guid Id, Guid ProfileId, string Username, string Name, string? Handle, string Fingerprint, IReadOnlyList<KeyAnswer> Keys, DateTimeOffset CreatedAt, DateTimeOffset? LastConnectedAt)
{
    public static DeviceAnswer Of(ProfileView profile, DeviceView device) => new(
        device.Id, profile.Id, profile.Username, device.Name, device.Handle, device.Keys[0].Fingerprint,
        [.. device.Keys.Select(key => new KeyAnswer(key.Algorithm, key.Fingerprint, key.Comment))], device.CreatedAt, device.LastConnectedAt);
}

/// <param name="Fingerprint"><c>SHA256:…</c>, as <c>ssh-keygen -lf</c> prints it.</param>
/// <param name="Comment">A stranger's text.</param>
internal sealed record KeyAnswer(string Algorithm, string Fingerprint, string? Comment);
