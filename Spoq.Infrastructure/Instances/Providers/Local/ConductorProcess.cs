using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Spoq.Infrastructure.Instances.Providers.Local;

/// <summary>
/// A process of this machine that was started with one computer's config. The command line names the config and
/// the start time tells it from a later process that got the same number: nothing else is ever signalled.
/// </summary>
internal sealed record ConductorProcess(int Pid, long StartTicks, string ConfigPath)
{
    private const int Terminate = 15;
    private const int Kill = 9;

    /// <summary>Every process that runs on this config, those that are only just starting included.</summary>
    public static IReadOnlyList<ConductorProcess> All(string configPath) =>
        [.. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) ? Find(pid, configPath) : null)
            .OfType<ConductorProcess>()];

    public static ConductorProcess? Find(int pid, string configPath)
    {
        try
        {
            var arguments = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/cmdline")).Split('\0');
            var config = Array.IndexOf(arguments, "--config");
            return config >= 0 && config + 1 < arguments.Length && arguments[config + 1] == configPath
                ? new ConductorProcess(pid, ReadStartTicks(pid), configPath)
                : null;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public bool IsAlive => Find(Pid, ConfigPath) == this;

    public void AskToStop() => Signal(Pid, Terminate);

    /// <summary>It leads its own session, so this ends what it started as well.</summary>
    public void End()
    {
        Signal(-Pid, Kill);
        Signal(Pid, Kill);
    }

    private void Signal(int target, int signal)
    {
        if (IsAlive)
        {
            // "No such process" is what was wanted.
            _ = SendSignal(target, signal);
        }
    }

    /// <summary>Field 22 of <c>/proc/pid/stat</c> (proc(5)); the name in field 2 may hold spaces and brackets.</summary>
    private static long ReadStartTicks(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[19], CultureInfo.InvariantCulture);
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int pid, int signal);
}
