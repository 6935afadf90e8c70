using System.Net;
using System.Net.Sockets;

namespace Spoq.Infrastructure.Accounts;

/// <summary>Where a request came from, for limits and the audit log; never a reason to trust it.</summary>
public sealed record Caller(IPAddress? Address, string? UserAgent)
{
    /// <summary>One household holds a whole IPv6 /64.</summary>
    public string LimitKey => Address switch
    {
        null => "unknown",
        { IsIPv4MappedToIPv6: true } => Address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(Address.GetAddressBytes()[..8]),
        _ => Address.ToString(),
    };
}
