using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Spoq.Tests.Ai.Metering.Ledger;

/// <summary>A way to PostgreSQL that can be shut: whoever is inside is thrown out, whoever knocks is turned away.</summary>
internal sealed class DatabaseDoor : IAsyncDisposable
{
    private readonly HashSet<Socket> _inside = [];
    private readonly IPEndPoint _database;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;
    private bool _isShut;

    public DatabaseDoor(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        _database = new IPEndPoint(IPAddress.Loopback, settings.Port);
        _listener.Start();
        settings.Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        ConnectionString = settings.ConnectionString;
        _serving = ServeAsync();
    }

    public string ConnectionString { get; }

    public void Shut()
    {
        lock (_inside)
        {
            _isShut = true;
            foreach (var socket in _inside)
            {
                socket.Close(0);
            }

            _inside.Clear();
        }
    }

    public void Open()
    {
        lock (_inside)
        {
            _isShut = false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Shut();
        _listener.Stop();
        await _serving;
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = LetInAsync(await _listener.AcceptSocketAsync());
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // Nobody comes any more.
        }
    }

    private async Task LetInAsync(Socket guest)
    {
        using var visitor = guest;
        using var database = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        visitor.NoDelay = true;
        try
        {
            await database.ConnectAsync(_database);
            lock (_inside)
            {
                if (_isShut)
                {
                    visitor.Close(0);
                    return;
                }

                _inside.Add(visitor);
                _inside.Add(database);
            }

            await Task.WhenAny(PassAsync(visitor, database), PassAsync(database, visitor));
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // One of both is gone; so is the other.
        }
        finally
        {
            lock (_inside)
            {
                _inside.Remove(visitor);
                _inside.Remove(database);
            }
        }
    }

    private static async Task PassAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer)) > 0;)
            {
                for (var sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent));
                }
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // As above.
        }
    }
}
