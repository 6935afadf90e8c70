using System.Net;
using System.Net.Sockets;
using Spoq.Core.Ai;

namespace Spoq.Infrastructure.Ai.Keys;

/// <summary>
/// How often PostgreSQL is asked for keys that nobody knows: some at once from an address, then one a second, and a
/// bounded number from all together. Whoever guesses keys costs no more than that, in queries and in memory.
/// </summary>
internal sealed class Strangers
{
    internal const int AtOnce = 60;

    private const int MostAddresses = 10_000;

    private static readonly RatePerMinute s_ofAddress = new(AtOnce);
    private static readonly RatePerMinute s_ofAll = new(3_000);

    private readonly Dictionary<UInt128, long> _addresses = [];
    private readonly Lock _lock = new();
    private long _all;

    /// <returns>False: no more of them for now.</returns>
    public bool MayAsk(IPAddress? address, long now)
    {
        lock (_lock)
        {
            var (all, full) = s_ofAll.Take(_all, now, 1);
            if (full is not null)
            {
                return false;
            }

            var network = NetworkOf(address);
            var (mine, wait) = s_ofAddress.Take(_addresses.GetValueOrDefault(network), now, 1);
            if (wait is not null)
            {
                return false;
            }

            if (_addresses.Count >= MostAddresses && !_addresses.ContainsKey(network))
            {
                Forget(now);
            }

            _addresses[network] = mine;
            _all = all;
            return true;
        }
    }

    /// <summary>Those that could ask as often as at first are as good as never seen.</summary>
    private void Forget(long now)
    {
        foreach (var (network, fullAt) in _addresses)
        {
            if (fullAt <= now)
            {
                _addresses.Remove(network);
            }
        }

        if (_addresses.Count >= MostAddresses)
        {
            _addresses.Clear();
        }
    }

    /// <summary>One customer of a provider has a whole /64 of IPv6.</summary>
    private static UInt128 NetworkOf(IPAddress? address)
    {
        if (address is null)
        {
            return 0;
        }

        Span<byte> bytes = stackalloc byte[16];
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6)
        {
            address.TryWriteBytes(bytes, out _);
            bytes[8..].Clear();
        }
        else
        {
            address.MapToIPv4().TryWriteBytes(bytes, out _);
        }

        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(bytes);
    }
}
