using System.Net;
using System.Net.Sockets;

namespace Spoq.Tests.Support;

/// <summary>Ports of this machine that nobody else has.</summary>
internal static class Loopback
{
    private const int Tries = 20;

    /// <summary>Free a moment ago: whoever takes it must bear that somebody was quicker.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>A listener that listens. Its kind cannot ask for any free port, so one is tried until it is ours.</summary>
    public static HttpListener Listen(out Uri root)
    {
        for (var attempt = 1; ; attempt++)
        {
            root = new Uri($"http://127.0.0.1:{FreePort()}/");
            var listener = new HttpListener();
            listener.Prefixes.Add(root.AbsoluteUri);
            try
            {
                listener.Start();
                return listener;
            }
            catch (HttpListenerException) when (attempt < Tries)
            {
                listener.Close();
            }
        }
    }
}
