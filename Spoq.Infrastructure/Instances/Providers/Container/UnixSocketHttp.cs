using System.Net.Sockets;

namespace Spoq.Infrastructure.Instances.Providers.Container;

/// <summary>HTTP to a program on this machine that listens on a Unix socket.</summary>
internal static class UnixSocketHttp
{
    public static SocketsHttpHandler HandlerOf(string socket) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
        ConnectCallback = async (_, cancellationToken) =>
        {
            var line = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await line.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
                return new NetworkStream(line, ownsSocket: true);
            }
            catch
            {
                line.Dispose();
                throw;
            }
        },
    };
}
