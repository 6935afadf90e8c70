using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>Some ended calls, in the order they ended, that PostgreSQL does not hold yet.</summary>
/// <param name="Torn">Those that a loss of power left half: they are set aside.</param>
internal sealed record SpoolBatch(SpoolFile File, long Segment, long Upto, IReadOnlyList<UsageRecord> Records, IReadOnlyList<UsageRecord> Torn);

/// <summary>
/// One folder of one process: a table of the calls under way and segments of ended ones. A call may begin only where a
/// record for its end is set aside already, so that ending never waits, never fails and never makes a system call.
/// </summary>
internal sealed class UsageSpool : IDisposable
{
    public const int SegmentRecords = 4096;

    private const string Underway = "underway";

    private readonly SpoolDirectory _directory;
    private readonly int _mostSegments;
    private readonly SpoolFile _calls;
    private readonly ConcurrentQueue<int> _freeSlots;
    private readonly ConcurrentDictionary<long, SpoolFile> _segments = [];
    private readonly Lock _allocation = new();
    private readonly Lock _unmapping = new();
    private readonly long _firstOfThisRun;
    private long _nextSegment;
    private long _credits;
    private long _next;
    private long _syncedUpto;
    private long _shippedPosition;
    private long _opened;
    private long _syncedOpened;
    private int _open;
    private bool _closed;

    /// <exception cref="IOException">The disk is full.</exception>
    public UsageSpool(SpoolDirectory directory, int megabytes, int mostCalls)
    {
        _directory = directory;
        _mostSegments = (int)Math.Max(2, megabytes * 1024L * 1024 / SpoolFile.Length(SegmentRecords));
        foreach (var (number, path) in directory.Segments())
        {
            if (SpoolFile.Open(path) is { } left)
            {
                _segments[number] = left;
            }
            else
            {
                directory.SetAside(path);
            }

            _nextSegment = number + 1;
        }

        _firstOfThisRun = _nextSegment;
        _next = _nextSegment * SegmentRecords;
        _syncedUpto = _next;
        Recover();
        FindShippedPosition();
        _calls = SpoolFile.Create(directory.PathOf(Underway), mostCalls);
        _freeSlots = new ConcurrentQueue<int>(Enumerable.Range(0, mostCalls));
    }

    public string Name => _directory.Name;

    /// <summary>Records that were ended but may not be in PostgreSQL. Only for the reader of <see cref="Next"/>.</summary>
    public long Waiting => _segments.OrderBy(pair => pair.Key).Sum(pair => Math.Max(0, EndOf(pair.Key, pair.Value) - pair.Value.Shipped));

    public int UnderWay => Volatile.Read(ref _open);

    /// <summary>Rises by one with each ended call.</summary>
    public long Position => Volatile.Read(ref _next);

    /// <summary>Everything before it is in PostgreSQL.</summary>
    public long ShippedPosition => Volatile.Read(ref _shippedPosition);

    /// <returns>The slot; -1: no room, neither for the call nor for its end.</returns>
    public int Open(in UsageRecord record)
    {
        if (_closed || !TakeCredit())
        {
            return -1;
        }

        if (!_freeSlots.TryDequeue(out var slot))
        {
            Interlocked.Increment(ref _credits);
            return -1;
        }

        Interlocked.Increment(ref _open);
        Store(ref _calls[slot], record);
        Volatile.Write(ref _opened, _opened + 1);
        return slot;
    }

    public void Asked(int slot, long input) => _calls[slot].Input = input;

    public void Produced(int slot, long output) => _calls[slot].Output = output;

    public void End(int slot, in UsageRecord record)
    {
        Append(record);
        Free(slot);
    }

    public void Abandon(int slot)
    {
        Interlocked.Increment(ref _credits);
        Free(slot);
    }

    public UsageRecord Read(int slot) => _calls[slot];

    /// <summary>What was stored before this call survives a loss of power after it.</summary>
    public void Sync()
    {
        lock (_unmapping)
        {
            if (!_closed)
            {
                SyncFiles();
            }
        }
    }

    private void SyncFiles()
    {
        var upto = Position;
        foreach (var segment in _segments.Keys.Where(number => number >= _syncedUpto / SegmentRecords))
        {
            if (upto > _syncedUpto && _segments.TryGetValue(segment, out var file))
            {
                file.Sync();
            }
        }

        _syncedUpto = upto;
        if (Volatile.Read(ref _opened) is var opened && opened != _syncedOpened)
        {
            _calls.Sync();
            _syncedOpened = opened;
        }
    }

    /// <summary>A segment is made ahead, so that no request waits for the disk.</summary>
    public void Prepare()
    {
        if (Interlocked.Read(ref _credits) < SegmentRecords / 2)
        {
            Allocate(SegmentRecords / 2);
        }
    }

    /// <summary>The oldest that PostgreSQL may not hold; null: nothing waits. Only one reader at a time.</summary>
    public SpoolBatch? Next(int most)
    {
        foreach (var (number, file) in _segments.OrderBy(pair => pair.Key))
        {
            var (records, torn) = (new List<UsageRecord>(), new List<UsageRecord>());
            var at = file.Shipped;
            for (var end = EndOf(number, file); at < end && records.Count + torn.Count < most; at++)
            {
                ref var record = ref file[(int)at];
                if (Volatile.Read(ref record.State) != 0)
                {
                    (record.IsSealed ? records : torn).Add(record);
                }
                else if (number >= _firstOfThisRun)
                {
                    // Somebody is writing it at this moment. In a segment from before, nobody is: it was never ended.
                    break;
                }
            }

            if (at > file.Shipped || (number < _firstOfThisRun && at == file.Count))
            {
                return new SpoolBatch(file, number, at, records, torn);
            }

            if (at < file.Count)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>Kept for a person to look at: nobody can say what they are worth, or PostgreSQL takes them never.</summary>
    /// <returns>The file they are in.</returns>
    public string SetAside(IReadOnlyList<UsageRecord> records) => _directory.SetAside(MemoryMarshal.AsBytes<UsageRecord>(records.ToArray()));

    /// <summary>PostgreSQL holds the batch.</summary>
    public void Done(SpoolBatch batch)
    {
        batch.File.Shipped = batch.Upto;
        if (batch.Upto == batch.File.Count && _segments.TryRemove(batch.Segment, out var file))
        {
            lock (_unmapping)
            {
                File.Delete(file.Path);
                file.Dispose();
            }
        }

        FindShippedPosition();
    }

    /// <summary>Everything is in PostgreSQL: nothing is left for the next process.</summary>
    public void Empty() => Dispose(_directory.Empty);

    /// <summary>Calls that still run keep their memory: they end into the files, and the next process sends them.</summary>
    public void Dispose() => Dispose(() => { });

    private void Dispose(Action unlocking)
    {
        lock (_unmapping)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            if (Volatile.Read(ref _open) == 0)
            {
                foreach (var file in _segments.Values)
                {
                    file.Dispose();
                }

                _calls.Dispose();
            }
        }

        unlocking();
        _directory.Dispose();
    }

    private static void Store(ref UsageRecord place, in UsageRecord record)
    {
        Volatile.Write(ref place.State, 0);
        var unfinished = record;
        unfinished.State = 0;
        unfinished.Close();
        place = unfinished;
        Volatile.Write(ref place.State, 1);
    }

    private long EndOf(long number, SpoolFile file) => number < _firstOfThisRun ? file.Count : Math.Clamp(Position - (number * SegmentRecords), 0, file.Count);

    private void FindShippedPosition()
    {
        var first = _segments.Keys.DefaultIfEmpty(-1).Min();
        Volatile.Write(ref _shippedPosition, first < 0 ? Position : (first * SegmentRecords) + _segments[first].Shipped);
    }

    private void Append(in UsageRecord record)
    {
        var at = Interlocked.Increment(ref _next) - 1;
        Store(ref _segments[at / SegmentRecords][(int)(at % SegmentRecords)], record);
    }

    private void Free(int slot)
    {
        Volatile.Write(ref _calls[slot].State, 0);
        _freeSlots.Enqueue(slot);
        Interlocked.Decrement(ref _open);
    }

    private bool TakeCredit()
    {
        do
        {
            if (Interlocked.Decrement(ref _credits) >= 0)
            {
                return true;
            }

            Interlocked.Increment(ref _credits);
        }
        while (Allocate(1));
        return false;
    }

    private bool Allocate(int wanted)
    {
        lock (_allocation)
        {
            if (Interlocked.Read(ref _credits) >= wanted)
            {
                return true;
            }

            if (_segments.Count >= _mostSegments)
            {
                return false;
            }

            try
            {
                MakeSegment();
                return true;
            }
            catch (Exception full) when (full is IOException or UnauthorizedAccessException)
            {
                // The disk is full or cannot be written: as if the spool were at its cap, until it can.
                return false;
            }
        }
    }

    private void MakeSegment()
    {
        var path = _directory.PathOf(SpoolDirectory.SegmentPrefix + _nextSegment.ToString("x12", CultureInfo.InvariantCulture));
        _segments[_nextSegment] = SpoolFile.Create(path, SegmentRecords);
        _nextSegment++;
        Interlocked.Add(ref _credits, SegmentRecords);
    }

    /// <summary>Calls that were under way when the process before died: what they had produced is charged.</summary>
    private void Recover()
    {
        var path = _directory.PathOf(Underway);
        if (!File.Exists(path))
        {
            return;
        }

        if (SpoolFile.Open(path) is not { } left)
        {
            _directory.SetAside(path);
            return;
        }

        using (left)
        {
            for (var slot = 0; slot < left.Count; slot++)
            {
                if (left[slot].State == 0)
                {
                    continue;
                }

                var orphan = left[slot];
                if (!orphan.WasSealed)
                {
                    SetAside([orphan]);
                    continue;
                }

                orphan.Count(orphan.Usage);
                orphan.Flags = RecordFlags.Estimated | RecordFlags.Interrupted;
                if (Interlocked.Decrement(ref _credits) < 0)
                {
                    Interlocked.Increment(ref _credits);
                    MakeSegment();
                    Interlocked.Decrement(ref _credits);
                }

                // Its end may have been written just before: then the event is there already, and this one is dropped.
                Append(orphan);
            }

            foreach (var segment in _segments.Values)
            {
                segment.Sync();
            }
        }

        File.Delete(path);
    }
}
