using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Spoq.Tests.Access;

/// <summary>The SignalR JSON protocol, by hand: no .NET client of it can be restored here.</summary>
internal sealed class HubLine : IAsyncDisposable
{
    private const char End = '\u001e';

    private readonly ClientWebSocket _socket = new();
    private readonly StringBuilder _rest = new();
    private int _calls;

    /// <summary>What the hub said by itself, in order: <c>InstanceChanged</c> and the like.</summary>
    public List<string> Heard { get; } = [];

    /// <summary>The status of the handshake; 101: let in.</summary>
    public static async Task<int> TryAsync(Uri baseUrl, string path, string? token)
    {
        await using var line = new HubLine();
        try
        {
            await line.ConnectAsync(baseUrl, path, token);
            return 101;
        }
        catch (WebSocketException)
        {
            return (int)line._socket.HttpStatusCode;
        }
    }

    public static async Task<HubLine> OpenAsync(Uri baseUrl, string path, string token)
    {
        var line = new HubLine();
        await line.ConnectAsync(baseUrl, path, token);
        await line.SendAsync("""{"protocol":"json","version":1}""");
        Assert.Equal("{}", await line.ReadAsync());
        return line;
    }

    /// <summary>The completion of a call, without its number.</summary>
    public async Task<string> CallAsync(string method, object[] arguments)
    {
        var id = $"{++_calls}";
        await SendAsync(JsonSerializer.Serialize(new { type = 1, invocationId = id, target = method, arguments }));
        while (true)
        {
            var message = await ReadAsync();
            using var json = JsonDocument.Parse(message);
            if (json.RootElement.TryGetProperty("invocationId", out var answered) && answered.GetString() == id)
            {
                return message.Replace($"\"invocationId\":\"{id}\"", "", StringComparison.Ordinal);
            }

            Hear(json.RootElement);
        }
    }

    /// <summary>Until the hub says this by itself.</summary>
    public async Task HearAsync(string what)
    {
        var before = Heard.Count;
        while (!Heard.Skip(before).Contains(what))
        {
            using var json = JsonDocument.Parse(await ReadAsync());
            Hear(json.RootElement);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_socket.State == WebSocketState.Open)
        {
            await _socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }

        _socket.Dispose();
    }

    private void Hear(JsonElement message)
    {
        if (message.TryGetProperty("target", out var target))
        {
            Heard.Add(target.GetString()!);
        }
    }

    private Task ConnectAsync(Uri baseUrl, string path, string? token)
    {
        _socket.Options.CollectHttpResponseDetails = true;
        return _socket.ConnectAsync(new Uri($"ws://{baseUrl.Authority}{path}{(token is null ? "" : $"?access_token={WebUtility.UrlEncode(token)}")}"), CancellationToken.None);
    }

    private Task SendAsync(string message) => _socket.SendAsync(Encoding.UTF8.GetBytes(message + End), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    private async Task<string> ReadAsync()
    {
        var buffer = new byte[16 * 1024];
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var text = _rest.ToString();
            if (text.IndexOf(End, StringComparison.Ordinal) is >= 0 and var at)
            {
                _rest.Remove(0, at + 1);
                return text[..at];
            }

            var got = await _socket.ReceiveAsync(buffer, limit.Token);
            _rest.Append(Encoding.UTF8.GetString(buffer, 0, got.Count));
        }
    }
}
