using System.Net;
using System.Net.Sockets;

namespace Spoq.Tests.Support;

/// <summary>Ports of this machine that nobody else has.</summary>
internal static class Loopback
{
    private const int Tries = 20;

    /// <summary>Below those that the kernel gives to connections and to whoever asks for any port.</summary>
    private const int Lowest = 20_000;
    private const int Highest = 32_000;

    private static int s_next = Random.Shared.Next(Highest - Lowest);

    /// <summary>
    /// Handed out once in a run, from a range that the kernel hands out to nobody: seconds pass until a program that is started
    /// takes its port, and a server that is killed and started again wants the same one.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = Lowest + ((int)((uint)Interlocked.Increment(ref s_next) % (Highest - Lowest)));
            using var probe = new TcpListener(IPAddress.Loopback, port);
            try
            {
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody's: the next one.
            }
        }
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
