using System.Diagnostics;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Metering;

namespace Spoq.Tests.Ai.Metering;

public sealed class UsageSpoolTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("spoq-spool-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void The_record_has_the_size_that_the_files_are_cut_into() =>
        Assert.Equal(UsageRecord.Size, System.Runtime.CompilerServices.Unsafe.SizeOf<UsageRecord>());

    [Fact]
    public void What_ended_is_there_after_the_process_is_gone_and_what_was_under_way_is_charged_as_estimated()
    {
        Guid ended, underWay, unasked;
        using (var spool = NewSpool())
        {
            ended = End(spool, Record(), new TokenUsage(5, 0, 0, 7, 0));
            var record = Record();
            underWay = record.RequestId;
            var slot = spool.Open(record);
            spool.Asked(slot, 10);
            spool.Produced(slot, 42);
            var other = Record();
            unasked = other.RequestId;
            spool.Open(other);
        }

        using var next = NewSpool();
        var records = All(next).ToDictionary(record => record.RequestId);

        Assert.Equal(3, records.Count);
        Assert.Equal((default, 0, RecordFlags.Estimated | RecordFlags.Interrupted), (records[unasked].Usage, records[unasked].Cost, records[unasked].Flags));
        Assert.Equal((7, RecordFlags.None), (records[ended].Output, records[ended].Flags));
        Assert.Equal((10, 42, RecordFlags.Estimated | RecordFlags.Interrupted), (records[underWay].Input, records[underWay].Output, records[underWay].Flags));
        Assert.Equal(UsageWorld.Price.Cost(new TokenUsage(10, 0, 0, 42, 0)), records[underWay].Cost);
    }

    [Fact]
    public void At_its_cap_the_spool_takes_no_call_and_every_call_it_took_can_end()
    {
        using var spool = new UsageSpool(SpoolDirectory.Take(_root), megabytes: 4, mostCalls: 20_000);
        var open = new List<(int Slot, UsageRecord Record)>();
        for (var slot = 0; ;)
        {
            var record = Record();
            if ((slot = spool.Open(record)) < 0)
            {
                break;
            }

            open.Add((slot, record));
        }

        Assert.Equal(3 * UsageSpool.SegmentRecords, open.Count);
        foreach (var (slot, record) in open)
        {
            spool.End(slot, record);
        }

        Assert.True(spool.Open(Record()) < 0);
        Assert.Equal(open.Select(one => one.Record.RequestId).Order(), All(spool).Select(record => record.RequestId).Order());
        Assert.True(spool.Open(Record()) >= 0);
    }

    [Fact]
    public void A_folder_in_use_is_left_alone_and_one_left_behind_is_taken()
    {
        using var first = NewSpool();
        using (var second = NewSpool())
        {
            Assert.NotEqual(first.Name, second.Name);
            End(second, Record(), default);
            Assert.Empty(SpoolDirectory.TakeAbandoned(_root).ToList());
        }

        var left = Assert.Single(SpoolDirectory.TakeAbandoned(_root).ToList());
        left.Dispose();
    }

    [Fact]
    public void Parallel_calls_lose_and_double_nothing()
    {
        using var spool = NewSpool();
        var made = new Guid[8][];
        var read = new List<UsageRecord>();
        var writers = Enumerable.Range(0, 8).Select(writer => new Thread(() => made[writer] = [.. Enumerable.Range(0, 5000).Select(_ => End(spool, Record(), default))])).ToList();
        writers.ForEach(writer => writer.Start());
        while (writers.Any(writer => writer.IsAlive) || read.Count < 40_000)
        {
            if (spool.Next(1000) is { } batch)
            {
                read.AddRange(batch.Records);
                spool.Done(batch);
            }
        }

        Assert.Equal(made.SelectMany(ids => ids).Order(), read.Select(record => record.RequestId).Order());
        Assert.Equal(0, spool.UnderWay);
    }

    [Fact]
    public void A_file_of_another_version_is_set_aside_not_lost()
    {
        using (var spool = NewSpool())
        {
            End(spool, Record(), default);
        }

        var segment = Directory.GetFiles(_root, "segment-*", SearchOption.AllDirectories).Order().First();
        using (var file = File.OpenWrite(segment))
        {
            file.Write([1, 2, 3, 4]);
        }

        using var next = NewSpool();

        Assert.Empty(All(next));
        Assert.Single(Directory.GetFiles(_root, "unreadable-*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_record_that_a_loss_of_power_tore_is_set_aside_and_the_others_are_sent()
    {
        Guid first, last;
        using (var spool = NewSpool())
        {
            first = End(spool, Record(), new TokenUsage(5, 0, 0, 7, 0));
            End(spool, Record(), new TokenUsage(5, 0, 0, 7, 0));
            last = End(spool, Record(), new TokenUsage(5, 0, 0, 7, 0));
            spool.Asked(spool.Open(Record()), 10);
        }

        // Half of a record's block never reached the disk: of an ended call and of one under way.
        Tear("segment-*", 4096 + UsageRecord.Size + 160);
        Tear("underway", 4096 + (3 * UsageRecord.Size) + 20);
        using var next = NewSpool();
        var batch = next.Next(100)!;

        Assert.Equal([first, last], batch.Records.Select(record => record.RequestId));
        Assert.Single(batch.Torn);
        next.SetAside(batch.Torn);
        var kept = Assert.Single(Directory.GetFiles(_root, "unreadable-records", SearchOption.AllDirectories));
        Assert.Equal(2 * UsageRecord.Size, new FileInfo(kept).Length);
    }

    [Fact]
    public void A_full_disk_takes_no_call_until_there_is_room_again()
    {
        using var spool = NewSpool();
        var full = Path.Combine(_root, spool.Name, SpoolDirectory.SegmentPrefix + "000000000001.new");
        File.CreateSymbolicLink(full, "/dev/full");
        for (var call = 0; call < UsageSpool.SegmentRecords; call++)
        {
            End(spool, Record(), default);
        }

        Assert.Equal(-1, spool.Open(Record()));

        // The attempt took the link away with what it had begun: there is room again.
        Assert.False(File.Exists(full));
        var open = Record();
        spool.End(spool.Open(open), open);
        Assert.Equal(UsageSpool.SegmentRecords + 1, All(spool).Count);
    }

    private void Tear(string file, int at)
    {
        // A call is still open: the file is mapped, and .NET opens it for nobody else.
        var path = Directory.GetFiles(_root, file, SearchOption.AllDirectories).Order().First();
        using var dd = Process.Start("dd", ["if=/dev/zero", $"of={path}", "bs=1", "count=32", $"seek={at}", "conv=notrunc", "status=none"]);
        dd.WaitForExit();
        Assert.Equal(0, dd.ExitCode);
    }

    private static UsageRecord Record() => UsageRecord.Of(Guid.CreateVersion7(), 1_000_000, UsageWorld.Facts(Guid.CreateVersion7()));

    private static Guid End(UsageSpool spool, UsageRecord record, TokenUsage usage)
    {
        var slot = spool.Open(record);
        record.Count(usage);
        spool.End(slot, record);
        return record.RequestId;
    }

    private static List<UsageRecord> All(UsageSpool spool)
    {
        var all = new List<UsageRecord>();
        while (spool.Next(100) is { } batch)
        {
            all.AddRange(batch.Records);
            spool.Done(batch);
        }

        return all;
    }

    private UsageSpool NewSpool() => new(SpoolDirectory.Take(_root), 64, 100);
}
