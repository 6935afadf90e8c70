using System.Net;
using System.Net.Sockets;

namespace Spoq.Infrastructure.Ops;

/// <summary>
/// For fetching what a customer names: the name is resolved here and only public addresses are dialled, so no
/// answer of a name server leads into our own network. No redirects, cookies or proxy.
/// </summary>
internal static class PublicHttp
{
    private static readonly IPNetwork[] s_closed = [.. new[]
    {
        // RFC 6890 and the IANA special-purpose registries.
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    }.Select(IPNetwork.Parse)];

    private static readonly IPNetwork s_globalUnicast = IPNetwork.Parse("2000::/3");

    /// <param name="loopback">True: dials this machine and nothing else, for an emulator beside a development server.</param>
    public static SocketsHttpHandler Handler(bool loopback) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        MaxResponseHeadersLength = 16,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, loopback ? IPAddress.IsLoopback : IsPublic, cancellationToken),
    };

    public static bool IsPublic(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return (plain.AddressFamily == AddressFamily.InterNetwork || s_globalUnicast.Contains(plain)) && !Array.Exists(s_closed, network => network.Contains(plain));
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, Predicate<IPAddress> isAllowed, CancellationToken cancellationToken)
    {
        var addresses = Array.FindAll(await Dns.GetHostAddressesAsync(target.Host, cancellationToken), isAllowed);
        if (addresses.Length == 0)
        {
            throw new HttpRequestException($"{target.Host} has no address that may be dialled.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
