using System.Diagnostics;

namespace Spoq.Tests.Stories;

/// <summary>Keys made by the real OpenSSH.</summary>
internal static class SshKeygen
{
    public static async Task<string> NewPublicKeyAsync(string comment)
    {
        var folder = Directory.CreateTempSubdirectory("spoq-key-");
        try
        {
            var path = Path.Combine(folder.FullName, "id");
            using var keygen = Process.Start("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path]);
            await keygen.WaitForExitAsync();
            return await File.ReadAllTextAsync($"{path}.pub");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
