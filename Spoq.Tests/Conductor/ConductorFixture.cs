using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spoq.Core.Access;
using Spoq.Core.Wire;
using Spoq.Tests.Access;
using Spoq.Tests.Support;

namespace Spoq.Tests.Conductor;

/// <summary>The real Conductor as a child process, and a control plane that knows two answers.</summary>
public class ConductorFixture : IAsyncLifetime, IDisposable
{
    private HttpListener _controlPlane = null!;
    private readonly string _folder = Directory.CreateTempSubdirectory("spoq-conductor-").FullName;
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _log = new();
    private Process? _process;

    internal Forge Forge { get; } = new();

    internal Guid OwnerId { get; } = Guid.NewGuid();

    internal Guid InstanceId { get; } = Guid.NewGuid();

    internal HttpClient Http { get; private set; } = null!;

    internal string DataDirectory => Path.Combine(_folder, "data");

    internal Uri ControlPlane { get; private set; } = null!;

    internal int ProcessId => _process!.Id;

    internal bool IsControlPlaneAway { get; set; }

    /// <summary>What the control plane wants of a Conductor that reports to it.</summary>
    internal DesiredState? Desired { get; set; }

    /// <summary>What the Conductor asked of the control plane, by the last part of the address.</summary>
    internal System.Collections.Concurrent.ConcurrentQueue<string> Asked { get; } = new();

    internal TokenClaims Claims => new()
    {
        Issuer = "http://control.test",
        Subject = OwnerId.ToString(),
        Audience = "alice.spoq.test",
        IssuedAt = DateTimeOffset.UtcNow,
        ExpiresAt = DateTimeOffset.UtcNow.AddMinutes(5),
        InstanceId = InstanceId.ToString(),
        Role = "owner",
    };

    /// <summary>Everything it printed.</summary>
    internal string Log => string.Join('\n', _log);

    internal string Folder => _folder;

    internal string Workspace => Path.Combine(DataDirectory, "workspace");

    /// <summary>What a kind of fixture sets otherwise.</summary>
    internal virtual Task<ConductorConfig> ConfigureAsync(ConductorConfig config) => Task.FromResult(config);

    public async Task InitializeAsync()
    {
        _controlPlane = Loopback.Listen(out var root);
        var port = root.Port;
        ControlPlane = root;
        _ = AnswerAsync();
        var config = new ConductorConfig
        {
            InstanceId = InstanceId,
            OwnerId = OwnerId,
            Hostname = "alice.spoq.test",
            Issuer = "http://control.test",
            JwksUrl = new Uri($"http://127.0.0.1:{port}/jwks"),
            ControlPlaneUrl = new Uri($"http://127.0.0.1:{port}"),
            DataDirectory = DataDirectory,
            Mode = "local",
        };
        config = await ConfigureAsync(config);
        await File.WriteAllTextAsync(Path.Combine(_folder, "config.json"), JsonSerializer.Serialize(config, WireJson.Default.ConductorConfig));
        await StartAsync();
    }

    public virtual async Task DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _controlPlane.Close();
        _process?.Dispose();
        Http?.Dispose();
        Forge.Dispose();
    }

    internal Process Launch()
    {
        var start = new ProcessStartInfo("dotnet", [Repository.Built("Spoq.Conductor", "Spoq.Conductor.dll"), "--config", Path.Combine(_folder, "config.json")]);
        start.Environment["STRIPE_SECRET"] = "never-seen";
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    internal async Task StartAsync()
    {
        _process = Launch();
        RunFile? run = null;
        await Eventually.TrueAsync(() => (run = ReadRunFile())?.Pid == _process.Id, "the Conductor to say where it listens");
        Http?.Dispose();
        Http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{run!.Port}"), Timeout = TimeSpan.FromSeconds(60) };
    }

    internal async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    internal Task<HttpResponseMessage> StatusAsync(string? token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/status");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return Http.SendAsync(request);
    }

    internal Task<List<AskEvent>> AskAsync(AskRequest request) => StreamAsync("/api/ask", JsonContent.Create(request, WireJson.Default.AskRequest), WireJson.Default.AskEvent);

    internal Task<List<RunEvent>> RunAsync(string command, int? timeoutSeconds = null) =>
        StreamAsync("/api/run", JsonContent.Create(new RunRequest(command, timeoutSeconds), WireJson.Default.RunRequest), WireJson.Default.RunEvent);

    internal Task<HttpResponseMessage> PostAsync(string path, HttpContent body) => SendAsync(HttpMethod.Post, path, body);

    internal Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body = null)
    {
        var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Forge.Sign(Claims));
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    internal async Task StreamAskAsync(AskRequest request, Func<AskEvent, Task> take)
    {
        using var answer = await PostAsync("/api/ask", JsonContent.Create(request, WireJson.Default.AskRequest));
        answer.EnsureSuccessStatusCode();
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync(), (_, data) => JsonSerializer.Deserialize(data, WireJson.Default.AskEvent)!).EnumerateAsync())
        {
            await take(item.Data);
        }
    }

    private async Task<List<T>> StreamAsync<T>(string path, HttpContent body, JsonTypeInfo<T> type)
    {
        using var answer = await PostAsync(path, body);
        answer.EnsureSuccessStatusCode();
        var events = new List<T>();
        await foreach (var item in SseParser.Create(await answer.Content.ReadAsStreamAsync(), (_, data) => JsonSerializer.Deserialize(data, type)!).EnumerateAsync())
        {
            events.Add(item.Data);
        }

        return events;
    }

    private RunFile? ReadRunFile()
    {
        var file = Path.Combine(DataDirectory, "run.json");
        return File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllText(file), WireJson.Default.RunFile) : null;
    }

    private async Task AnswerAsync()
    {
        while (_controlPlane.IsListening)
        {
            try
            {
                var call = await _controlPlane.GetContextAsync();
                var what = call.Request.Url!.Segments[^1];
                Asked.Enqueue(what);
                call.Response.StatusCode = IsControlPlaneAway ? 503 : call.Request.Headers["If-None-Match"] is { } known && known == $"\"{Desired?.Revision}\"" ? 304 : 200;
                await call.Response.OutputStream.WriteAsync(call.Response.StatusCode == 304 ? [] : what switch
                {
                    "phone-home" => """{"instance_token":"of-the-instance"}"""u8.ToArray(),
                    "desired-state" => JsonSerializer.SerializeToUtf8Bytes(Desired!, WireJson.Default.DesiredState),
                    _ => JsonSerializer.SerializeToUtf8Bytes(new Jwks([Forge.Jwk]), WireJson.Default.Jwks),
                });
                call.Response.Close();
            }
            catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
