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
        Guid ended, underWay;
        using (var spool = NewSpool())
        {
            ended = End(spool, Record(), new TokenUsage(5, 0, 0, 7, 0));
            var record = Record();
            underWay = record.RequestId;
            spool.Produced(spool.Open(record), 42);
        }

        using var next = NewSpool();
        var records = All(next).ToDictionary(record => record.RequestId);

        Assert.Equal(2, records.Count);
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
