using System.CommandLine;
using System.Text;
using System.Text.Json;
using Spoq.Cli.Terminal;
using Spoq.Core.Wire;

namespace Spoq.Cli.Computer;

/// <summary>
/// <c>spoq authorized-keys</c>, which sshd runs on a computer (sshd_config(5), AuthorizedKeysCommand). It reads what the
/// Conductor last heard and asks nobody, so it also answers while both the Conductor and the control plane are away.
/// Whatever goes wrong, there are no keys, and sshd goes on with its other ways.
/// </summary>
internal static class AuthorizedKeysCommand
{
    private const string DefaultState = "/var/lib/conductor/desired.json";

    public static Command Build()
    {
        var user = new Argument<string>("user") { Description = "Whose keys (sshd's %u)." };
        var fingerprint = new Argument<string?>("fingerprint") { Description = "Only this key (sshd's %f).", Arity = ArgumentArity.ZeroOrOne };
        var state = new Option<string>("--state") { Description = "What the Conductor last heard.", DefaultValueFactory = _ => DefaultState };

        // For sshd, not for people.
        var command = new Command("authorized-keys", "Print the SSH keys that are let in as a user of this computer.") { user, fingerprint, state };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            Print(parsed.InvocationConfiguration.Output, parsed.GetValue(user)!, parsed.GetValue(fingerprint), parsed.GetValue(state)!);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Print(TextWriter output, string user, string? fingerprint, string file)
    {
        DesiredState? state;
        try
        {
            state = JsonSerializer.Deserialize(File.ReadAllBytes(file), WireJson.Default.DesiredState);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            // sshd writes it into its log.
            Notes.Writer.WriteLine($"{file} cannot be read, so it lets nobody in: {e.Message}");
            return;
        }

        var keys = (state?.Profiles ?? []).Where(profile => profile.Username == user).SelectMany(profile => profile.Keys)
            .Where(key => IsPlain(key) && (fingerprint is null || key.Fingerprint == fingerprint)).ToList();
        var text = new StringBuilder();
        foreach (var key in keys)
        {
            text.Append(key.Algorithm).Append(' ').Append(key.PublicKey).Append(" spoq-").Append(key.DeviceId).Append('\n');
        }

        output.Write(text);
        output.Flush();
        if (fingerprint is not null && keys is [var seen])
        {
            See(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, SeenFolder.Name), seen.DeviceId);
        }
    }

    /// <summary>A line is a key and nothing more: no options, no second line.</summary>
    private static bool IsPlain(DesiredKey key) =>
        key.Algorithm.Length > 0 && key.Algorithm.All(one => char.IsAsciiLetterOrDigit(one) || one is '-' or '@' or '.')
        && key.PublicKey.Length > 0 && key.PublicKey.All(one => char.IsAsciiLetterOrDigit(one) || one is '+' or '/' or '=');

    private static void See(string folder, Guid deviceId)
    {
        try
        {
            var file = Path.Combine(folder, deviceId.ToString());
            File.WriteAllBytes(file, []);
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Who was seen is a courtesy; who may come in is not.
        }
    }
}
