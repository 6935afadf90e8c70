using System.CommandLine;
using System.Globalization;
using Spoq.Cli.Terminal;

namespace Spoq.Cli.Account;

/// <summary><c>spoq devices</c>.</summary>
internal static class DevicesCommand
{
    public static Command Build()
    {
        var command = SpoqCommand.Verb("devices", "Show which devices may log in, let one in, take one out.", (call, _, cancellationToken) => ListAsync(call, cancellationToken));
        var key = new Option<string?>("--key") { Description = "A public key file (default: the first of ~/.ssh/id_*.pub).", HelpName = "file" };
        var handle = new Option<string?>("--handle") { Description = "Every key of this ssh.id handle, instead of a file.", HelpName = "handle" };
        var name = new Option<string?>("--name") { Description = "What to call it.", HelpName = "name" };
        var profile = new Option<string?>("--profile") { Description = "The username it logs in under (default: your first).", HelpName = "username" };
        var which = new Argument<string>("device") { Description = "Its name or id." };
        command.Subcommands.Add(SpoqCommand.Verb("list", "Show which devices may log in.", (call, _, cancellationToken) => ListAsync(call, cancellationToken)));
        command.Subcommands.Add(SpoqCommand.Verb("add", "Let a device in.", (call, parsed, cancellationToken) => AddAsync(
            call, parsed.GetValue(profile), new DeviceAdd(Guid.Empty, parsed.GetValue(handle), parsed.GetValue(key), parsed.GetValue(name)), cancellationToken), key, handle, name, profile));
        command.Subcommands.Add(SpoqCommand.Verb("remove", "Take a device out.", (call, parsed, cancellationToken) => RemoveAsync(call, parsed.GetValue(which)!, cancellationToken), which));
        return command;
    }

    private static async Task<int> ListAsync(Call call, CancellationToken cancellationToken)
    {
        var list = await call.ControlPlane.GetAsync("/api/devices", CliJson.Default.DeviceList, cancellationToken);
        if (list.Devices.Count == 0 && !call.WantsJson)
        {
            call.Screen.Note("No device is let in yet. Let this one in with: spoq devices add");
            return ExitCode.Ok;
        }

        string[] Row(DeviceSeen device) => [device.Name, device.Username, device.Fingerprint, device.LastConnectedAt?.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "never", device.Id.ToString()];
        return call.Answer(list, CliJson.Default.DeviceList, () => Columns.Text(call.Screen, ["NAME", "USERNAME", "FINGERPRINT", "LAST SEEN", "ID"], [.. list.Devices.Select(Row)]));
    }

    private static async Task<int> AddAsync(Call call, string? profile, DeviceAdd wanted, CancellationToken cancellationToken)
    {
        var add = wanted with
        {
            ProfileId = await ProfileAsync(call.ControlPlane, profile, cancellationToken),
            SshPublicKey = wanted.SshidCode is null ? ReadKey(wanted.SshPublicKey) : null,
            Name = wanted.Name ?? (wanted.SshidCode is null ? Environment.MachineName : null),
        };
        var added = await call.ControlPlane.PostAsync("/api/devices/add", add, CliJson.Default.DeviceAdd, CliJson.Default.DeviceAdded, cancellationToken);
        return call.Answer(added, CliJson.Default.DeviceAdded, () =>
            string.Join('\n', (added.Fingerprints ?? []).Select(one => $"Let in: {added.Name}, {one}")) + (added.ConnectionInfo?.Command is { } command ? $"\nNext: {command}" : ""));
    }

    private static async Task<int> RemoveAsync(Call call, string which, CancellationToken cancellationToken)
    {
        var list = await call.ControlPlane.GetAsync("/api/devices", CliJson.Default.DeviceList, cancellationToken);
        var found = list.Devices.Where(device => device.Name == which || device.Id.ToString() == which || device.Fingerprint == which).ToList();
        if (found.Count != 1)
        {
            throw new CommandFailedException(ExitCode.Failed, found.Count == 0
                ? $"No device is called '{which}'. See: spoq devices"
                : $"{found.Count} devices are called '{which}'. Say which by its id; see: spoq devices");
        }

        await call.ControlPlane.DeleteAsync($"/api/devices/{found[0].Id}", cancellationToken);
        call.Screen.Note($"Taken out: {found[0].Name}, {found[0].Fingerprint}");
        return ExitCode.Ok;
    }

    private static async Task<Guid> ProfileAsync(ControlPlane controlPlane, string? username, CancellationToken cancellationToken)
    {
        var profiles = (await controlPlane.GetAsync("/api/status", CliJson.Default.AccountSeen, cancellationToken)).Profiles;
        var found = username is null ? (profiles is [var first, ..] ? first : null) : profiles.FirstOrDefault(profile => profile.Username == username);
        return found?.Id ?? throw new CommandFailedException(ExitCode.Failed, profiles.Count == 0
            ? $"You have no profile yet. Make one at {controlPlane.Root.At("/setup").AbsoluteUri}"
            : $"There is no profile '{username}'. You have: {string.Join(", ", profiles.Select(profile => profile.Username))}.");
    }

    private static string ReadKey(string? file)
    {
        var folder = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".ssh");
        var path = file ?? (Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "id_*.pub").Order(StringComparer.Ordinal).FirstOrDefault() : null)
            ?? throw new CommandFailedException(ExitCode.Failed, "There is no key in ~/.ssh. Make one with: ssh-keygen -t ed25519");
        try
        {
            var text = File.ReadAllText(path).Trim();
            return text.Contains("PRIVATE KEY", StringComparison.Ordinal)
                ? throw new CommandFailedException(ExitCode.Usage, $"{path} is a private key: it must never leave this machine. Give the file that ends in .pub")
                : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Usage, $"{path} cannot be read: {e.Message}");
        }
    }
}

internal sealed record DeviceList(IReadOnlyList<DeviceSeen> Devices);

internal sealed record DeviceSeen(Guid Id, string Name, string Username, string Fingerprint)
{
    public DateTimeOffset? LastConnectedAt { get; init; }
}

internal sealed record DeviceAdd(Guid ProfileId, string? SshidCode, string? SshPublicKey, string? Name);

internal sealed record DeviceAdded(Guid DeviceId, string Name)
{
    public IReadOnlyList<string>? Fingerprints { get; init; }

    public DeviceConnection? ConnectionInfo { get; init; }
}

internal sealed record DeviceConnection
{
    public string? Command { get; init; }
}

/// <summary>What is read of <c>/api/status</c>.</summary>
internal sealed record AccountSeen(IReadOnlyList<ProfileSeen> Profiles);

internal sealed record ProfileSeen(Guid Id, string Username);
