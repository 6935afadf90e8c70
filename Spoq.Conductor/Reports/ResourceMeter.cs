using System.Globalization;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Reports;

/// <summary>Reads what the machine uses from the kernel. CPU is the share since the reading before, over at least half a second.</summary>
internal sealed class ResourceMeter(DataDirectory data, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private (long Busy, long Total) _before = ReadCpu();
    private long _readAt = clock.GetTimestamp();
    private double _cpuPercent;
    private volatile ResourceUse _last = new(0, 0, 0, 0, 0);

    /// <summary>What was read last where the kernel cannot be asked just now: no file is free, or the disk is away.</summary>
    public ResourceUse Read()
    {
        try
        {
            var (memoryUsed, memoryTotal) = ReadMemory();
            var (diskUsed, diskTotal) = ReadDisk();
            return _last = new ResourceUse(CpuPercent(), memoryUsed, memoryTotal, diskUsed, diskTotal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return _last;
        }
    }

    private double CpuPercent()
    {
        lock (_lock)
        {
            if (clock.GetElapsedTime(_readAt) >= TimeSpan.FromMilliseconds(500))
            {
                var (busy, total) = ReadCpu();
                _cpuPercent = total > _before.Total ? Math.Clamp(100.0 * (busy - _before.Busy) / (total - _before.Total), 0, 100) : 0;
                _cpuPercent = Math.Round(_cpuPercent, 1);
                _before = (busy, total);
                _readAt = clock.GetTimestamp();
            }

            return _cpuPercent;
        }
    }

    /// <summary>First line of /proc/stat, proc(5): user nice system idle iowait irq softirq steal.</summary>
    private static (long Busy, long Total) ReadCpu()
    {
        if (!OperatingSystem.IsLinux())
        {
            return default;
        }

        using var lines = File.OpenText("/proc/stat");
        var ticks = (lines.ReadLine() ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Select(text => long.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var total = ticks.Sum();
        return ticks.Length < 5 ? default : (total - ticks[3] - ticks[4], total);
    }

    private static (long Used, long Total) ReadMemory()
    {
        if (!OperatingSystem.IsLinux())
        {
            return (Environment.WorkingSet, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        }

        long total = 0, available = 0;
        foreach (var line in File.ReadLines("/proc/meminfo").Take(3))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var bytes = long.Parse(words[1], CultureInfo.InvariantCulture) * 1024;
            total = words[0] == "MemTotal:" ? bytes : total;
            available = words[0] == "MemAvailable:" ? bytes : available;
        }

        return (total - available, total);
    }

    private (long Used, long Total) ReadDisk()
    {
        var disk = new DriveInfo(data.Root);
        return (disk.TotalSize - disk.TotalFreeSpace, disk.TotalSize);
    }
}
