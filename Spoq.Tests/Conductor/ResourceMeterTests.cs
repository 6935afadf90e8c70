using System.Globalization;
using Spoq.Conductor;
using Spoq.Conductor.Reports;
using Spoq.Tests.Support;

namespace Spoq.Tests.Conductor;

/// <summary>What a computer tells of itself is what the kernel says.</summary>
public sealed class ResourceMeterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spoq-meter-").FullName;

    [Fact]
    public void Memory_and_disk_are_the_machines_own()
    {
        var use = NewMeter().Read();

        var total = File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemTotal:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.Equal(long.Parse(total, CultureInfo.InvariantCulture) * 1024, use.MemoryTotalBytes);
        Assert.InRange(use.MemoryUsedBytes, 1, use.MemoryTotalBytes);
        Assert.Equal(new DriveInfo(_folder).TotalSize, use.DiskTotalBytes);
        Assert.InRange(use.DiskUsedBytes, 1, use.DiskTotalBytes);
    }

    [Fact]
    public async Task Work_shows_as_cpu()
    {
        var meter = NewMeter();
        var (turns, percent) = (0L, 0.0);
        await Eventually.TrueAsync(
            () =>
            {
                for (var i = 0; i < 20_000_000; i++)
                {
                    turns += i;
                }

                return (percent = meter.Read().CpuPercent) > 0;
            },
            "the work to be seen");

        Assert.InRange(percent, 0.1, 100);
        Assert.NotEqual(0, turns);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private ResourceMeter NewMeter()
    {
        Assert.True(DataDirectory.TryOpen(_folder, out var data, out _));
        return new ResourceMeter(data, TimeProvider.System);
    }
}
