using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Kit;

/// <summary>
/// Stands before a real control plane: adds the other server to the settings, and plays <c>/move</c> by the letter. What
/// comes without the token that the Conductor was given, or in another form, is answered 401 and kept in <see cref="Complaints"/>.
/// </summary>
internal sealed class MoveDesk : IAsyncDisposable
{
    private readonly HttpListener _listener;
    private readonly HttpClient _client = new();
    private readonly Uri _behind;
    private readonly Func<string?> _token;
    private readonly string _settings;
    private readonly Task _serving;
    private readonly ConcurrentQueue<MoveReport> _reports = new();
    private readonly ConcurrentQueue<string> _complaints = new();

    /// <param name="behind">The control plane.</param>
    /// <param name="token">The instance token that is let in.</param>
    /// <param name="settings">Lines that are added.</param>
    public MoveDesk(Uri behind, Func<string?> token, string settings)
    {
        (_behind, _token, _settings) = (behind, token, settings);
        _listener = Loopback.Listen(out var root);
        Root = root;
        _serving = ServeAsync();
    }

    public Uri Root { get; }

    /// <summary>What is answered; a number is a status.</summary>
    public string Word { get; set; } = "copy";

    public IReadOnlyList<MoveReport> Reports => [.. _reports];

    public IReadOnlyList<string> Complaints => [.. _complaints];

    public bool Heard(string state) => _reports.Any(report => report.State == state);

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
        _client.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            try
            {
                await AnswerAsync(context.Request, context.Response);
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or IOException)
            {
                // Whoever asked was killed.
                context.Response.Abort();
            }
        }
    }

    private async Task AnswerAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        var path = request.Url!.AbsolutePath;
        if (!path.EndsWith("/move", StringComparison.Ordinal))
        {
            await PassOnAsync(request, response, path.EndsWith("/settings", StringComparison.Ordinal));
        }
        else if (int.TryParse(Word, out var status))
        {
            response.StatusCode = status;
        }
        else if (_token() is not { } token || request.Headers["Authorization"] != $"Bearer {token}")
        {
            Refuse(response, $"{request.HttpMethod} with another token");
        }
        else if (request.HttpMethod == "GET")
        {
            response.ContentType = "text/plain";
            await response.OutputStream.WriteAsync(Encoding.ASCII.GetBytes(Word + "\n"));
        }
        else
        {
            await HearAsync(request, response);
        }
    }

    private async Task HearAsync(HttpListenerRequest request, HttpListenerResponse response)
    {
        using var reader = new StreamReader(request.InputStream);
        var body = await reader.ReadToEndAsync();
        var said = JsonSerializer.Deserialize<Dictionary<string, string>>(body)!;
        var text = said.GetValueOrDefault("text") ?? "";
        if (request.ContentType != "application/json" || said.Count != 2 || said.GetValueOrDefault("state") is not ("copying" or "copied" or "moved" or "failed")
            || text.Length is 0 or > 300 || text.Any(one => one is < ' ' or > '~'))
        {
            Refuse(response, body);
            return;
        }

        _reports.Enqueue(new MoveReport(said["state"], text));
        response.StatusCode = 204;
    }

    private void Refuse(HttpListenerResponse response, string complaint)
    {
        _complaints.Enqueue(complaint);
        response.StatusCode = 401;
    }

    private async Task PassOnAsync(HttpListenerRequest request, HttpListenerResponse response, bool isSettings)
    {
        using var passed = new HttpRequestMessage(new HttpMethod(request.HttpMethod), new Uri(_behind, request.Url!.PathAndQuery));
        passed.Headers.TryAddWithoutValidation("Authorization", request.Headers["Authorization"]);
        if (request.HasEntityBody)
        {
            passed.Content = new StreamContent(request.InputStream);
            passed.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(request.ContentType!);
        }

        using var answer = await _client.SendAsync(passed);
        response.StatusCode = (int)answer.StatusCode;
        await answer.Content.CopyToAsync(response.OutputStream);
        if (isSettings && answer.IsSuccessStatusCode)
        {
            await response.OutputStream.WriteAsync(Encoding.ASCII.GetBytes(_settings));
        }
    }
}

internal sealed record MoveReport(string State, string Text);
