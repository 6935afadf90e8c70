using System.Diagnostics;

namespace Spoq.Tests.Devices;

/// <summary>The real tools, as the judge of what we read.</summary>
internal static class SshKeygen
{
    /// <summary>The whole <c>.pub</c> line and the private key's text.</summary>
    public static (string Public, string Private) New(params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("spoq-keys-");
        try
        {
            var file = Path.Combine(folder.FullName, "key");
            Run("ssh-keygen", null, ["-q", "-N", "", "-C", "alice@laptop", "-f", file, .. arguments]);
            return (File.ReadAllText(file + ".pub").Trim(), File.ReadAllText(file));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public static string Fingerprint(string publicKey) => Run("ssh-keygen", publicKey, ["-l", "-f", "-"]).Split(' ')[1];

    public static string Run(string program, string? input, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        if (input is not null)
        {
            process.StandardInput.WriteLine(input);
        }

        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{program} failed: {process.StandardError.ReadToEnd()}");
    }
}
