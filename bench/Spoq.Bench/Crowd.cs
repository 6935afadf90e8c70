using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Spoq.Bench;

/// <summary>Many callers at once, each from loopback addresses of its own: limits per address are meant for one caller, not for a crowd.</summary>
internal sealed class Crowd(Uri root, int size) : IDisposable
{
    private const int AddressesPerCaller = 40;

    private readonly HttpClient[][] _callers = [.. Enumerable.Range(0, size).Select(caller =>
        Enumerable.Range(0, AddressesPerCaller).Select(address => From(root, IPAddress.Parse($"127.{1 + address}.0.{1 + caller}"))).ToArray())];

    public int Size => size;

    /// <summary>Each caller repeats its request until the time is up.</summary>
    /// <returns>Milliseconds of each request.</returns>
    public async Task<IReadOnlyList<double>> RunAsync(TimeSpan time, Func<int, HttpClient, Task> request)
    {
        var taken = new ConcurrentBag<double>();
        var all = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, size).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; all.Elapsed < time; i++)
            {
                var watch = Stopwatch.GetTimestamp();
                await request(caller, _callers[caller][i % AddressesPerCaller]);
                taken.Add(Stopwatch.GetElapsedTime(watch).TotalMilliseconds);
            }
        })));
        return [.. taken];
    }

    public void Dispose()
    {
        foreach (var client in _callers.SelectMany(caller => caller))
        {
            client.Dispose();
        }
    }

    private static HttpClient From(Uri root, IPAddress address) => new(new SocketsHttpHandler
    {
        UseCookies = false,
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(address, 0));
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, context.DnsEndPoint.Port), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = root };
}
