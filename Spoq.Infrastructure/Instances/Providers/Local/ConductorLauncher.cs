using System.Diagnostics;
using System.Runtime.InteropServices;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Local;

/// <summary>Starts Conductors that outlive us: a session of their own, no terminal, nothing of our environment.</summary>
internal static class ConductorLauncher
{
    private static readonly string[] s_kept = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_DIR", "SSL_CERT_FILE"];

    /// <summary>Starting twice is harmless: the data folder's lock lets one of them live.</summary>
    public static void Start(string conductorPath, ConductorFolder folder)
    {
        if (!File.Exists(conductorPath))
        {
            throw new ProviderException($"There is no Conductor at {conductorPath}. Build the whole solution, or set Local__ConductorPath.") { Code = "no_conductor" };
        }

        folder.TurnLog();
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = folder.Path, UseShellExecute = false };
        foreach (var argument in Arguments(conductorPath, folder))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach (var name in s_kept)
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                start.Environment[name] = value;
            }
        }

        start.Environment["DOTNET_ROOT"] = Path.GetDirectoryName(DotNet);
        start.Environment["DOTNET_gcServer"] = "0";
        try
        {
            using var process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new ProviderException("The Conductor's process could not be started.", error) { Code = "spawn_failed" };
        }
    }

    private static string DotNet { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    private static string[] Arguments(string conductorPath, ConductorFolder folder)
    {
        var isAssembly = conductorPath.EndsWith(".dll", StringComparison.Ordinal);
        const string Script = "umask 077; log=$1; shift; if command -v setsid >/dev/null; then set -- setsid \"$@\"; fi; exec \"$@\" >>\"$log\" 2>&1 </dev/null";
        string[] program = isAssembly ? [DotNet, conductorPath] : [conductorPath];
        return ["-c", Script, "conductor", folder.LogPath, .. program, "--config", folder.ConfigPath];
    }
}
