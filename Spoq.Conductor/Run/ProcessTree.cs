using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Spoq.Conductor.Run;

/// <summary>Ends a command with all its descendants, also those that left its process group.</summary>
internal static partial class ProcessTree
{
    /// <summary>Inherited by all that a command starts: how its descendants are known.</summary>
    public const string Variable = "SPOQ_RUN";

    private const int Kill9 = 9;
    private const int Stop = 19;
    private const int Rounds = 10;

    public static string NewMarker() => Guid.NewGuid().ToString("N");

    /// <param name="leader">Null once it has ended: its number may be somebody else's by now.</param>
    /// <param name="marker">What its descendants carry.</param>
    public static void Kill(int? leader, string marker)
    {
        if (leader is { } pid)
        {
            _ = Signal(-pid, Kill9);
            _ = Signal(pid, Kill9);
        }

        // Stopped first, because whoever is stopped does not fork: a bomb would else be ahead of us for ever.
        var stopped = new HashSet<int>();
        for (var round = 0; round < Rounds; round++)
        {
            var fresh = Marked(marker).Where(stopped.Add).ToList();
            fresh.ForEach(one => _ = Signal(one, Stop));
            if (fresh.Count == 0)
            {
                break;
            }
        }

        // Whoever was born while we looked is found in the next round.
        for (var round = 0; round < Rounds; round++)
        {
            var left = Marked(marker).ToList();
            left.ForEach(one => _ = Signal(one, Kill9));
            if (left.Count == 0)
            {
                return;
            }
        }
    }

    /// <summary>How many processes carry each of these.</summary>
    public static Dictionary<string, int> CountByMarker(ICollection<string> markers)
    {
        var wanted = markers.Select(marker => (Marker: marker, Text: Encoding.ASCII.GetBytes($"{Variable}={marker}"))).ToList();
        var counts = new Dictionary<string, int>();
        foreach (var (_, folder) in Processes())
        {
            var environment = EnvironmentOf(folder);
            if (wanted.Find(one => environment.AsSpan().IndexOf(one.Text) >= 0) is { Marker: { } found })
            {
                counts[found] = counts.GetValueOrDefault(found) + 1;
            }
        }

        return counts;
    }

    public static bool IsAnyLeft(string marker) => Marked(marker).Any();

    private static IEnumerable<int> Marked(string marker)
    {
        var wanted = Encoding.ASCII.GetBytes($"{Variable}={marker}");
        return Processes().Where(one => EnvironmentOf(one.Folder).AsSpan().IndexOf(wanted) >= 0).Select(one => one.Pid);
    }

    private static IEnumerable<(int Pid, string Folder)> Processes()
    {
        if (!OperatingSystem.IsLinux())
        {
            yield break;
        }

        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                yield return (pid, folder);
            }
        }
    }

    private static byte[] EnvironmentOf(string folder)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(folder, "environ"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, or somebody else's.
            return [];
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int pid, int signal);
}
