using System.Runtime.InteropServices;
using Npgsql;
using NpgsqlTypes;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>A batch of events, summed by account, day (UTC), key and model; and the prices that were used in it.</summary>
internal sealed class UsageGroups
{
    private const long MicrosecondsADay = 24L * 60 * 60 * 1_000_000;

    private static readonly int s_epoch = new DateOnly(1970, 1, 1).DayNumber;

    private readonly Dictionary<(Guid Account, long Day, Guid Key, string Model), Sums> _sums = [];
    private readonly Dictionary<(string Model, int Version), UsageRecord> _prices = [];

    private UsageGroups()
    {
    }

    public IReadOnlyDictionary<(string Model, int Version), UsageRecord> Prices => _prices;

    public static UsageGroups Of(IReadOnlyList<UsageRecord> records)
    {
        var groups = new UsageGroups();
        foreach (var record in records)
        {
            var model = UsageRecord.Read(in record.Model);
            ref var sums = ref CollectionsMarshal.GetValueRefOrAddDefault(groups._sums, (record.AccountId, Math.DivRem(record.StartedAt, MicrosecondsADay).Quotient, record.ApiKeyId, model), out _);
            sums = sums.And(record);
            groups._prices.TryAdd((model, record.PriceVersion), record);
        }

        return groups;
    }

    /// <summary>Twelve arrays, a group in each place.</summary>
    public void AddTo(NpgsqlCommand command)
    {
        Add(command, NpgsqlDbType.Uuid, group => group.Key.Account);
        Add(command, NpgsqlDbType.Date, group => DateOnly.FromDayNumber((int)group.Key.Day + s_epoch));
        Add(command, NpgsqlDbType.Uuid, group => group.Key.Key);
        Add(command, NpgsqlDbType.Text, group => group.Key.Model);
        Add(command, NpgsqlDbType.Bigint, group => group.Value.Requests);
        Add(command, NpgsqlDbType.Bigint, group => group.Value.Input);
        Add(command, NpgsqlDbType.Bigint, group => group.Value.CachedInput);
        Add(command, NpgsqlDbType.Bigint, group => group.Value.CacheWrite);
        Add(command, NpgsqlDbType.Bigint, group => group.Value.Output);
        Add(command, NpgsqlDbType.Bigint, group => group.Value.Reasoning);
        Add(command, NpgsqlDbType.Bigint, group => group.Value.Cost);
        Add(command, NpgsqlDbType.Bigint, group => group.Value.Estimated);
    }

    private void Add<T>(NpgsqlCommand command, NpgsqlDbType type, Func<KeyValuePair<(Guid Account, long Day, Guid Key, string Model), Sums>, T> value) =>
        command.Parameters.Add(new NpgsqlParameter<T[]> { TypedValue = [.. _sums.Select(value)], NpgsqlDbType = NpgsqlDbType.Array | type });

    private readonly record struct Sums(long Requests, long Input, long CachedInput, long CacheWrite, long Output, long Reasoning, long Cost, long Estimated)
    {
        public Sums And(in UsageRecord record) => new(
            Requests + 1,
            Input + record.Input,
            CachedInput + record.CachedInput,
            CacheWrite + record.CacheWrite,
            Output + record.Output,
            Reasoning + record.Reasoning,
            Cost + record.Cost,
            Estimated + (record.Flags.HasFlag(RecordFlags.Estimated) ? 1 : 0));
    }
}
