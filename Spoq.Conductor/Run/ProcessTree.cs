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

        // Whoever forks while we look is found in the next round.
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

    public static bool IsAnyLeft(string marker) => Marked(marker).Any();

    private static IEnumerable<int> Marked(string marker)
    {
        if (!OperatingSystem.IsLinux())
        {
            yield break;
        }

        var wanted = Encoding.ASCII.GetBytes($"{Variable}={marker}");
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && HasMarker(folder, wanted))
            {
                yield return pid;
            }
        }
    }

    private static bool HasMarker(string folder, byte[] wanted)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(folder, "environ")).AsSpan().IndexOf(wanted) >= 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, or somebody else's.
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int pid, int signal);
}
