using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Spoq.Core.Wire;
using Spoq.Tests.Support;

namespace Spoq.Tests.Conductor;

/// <summary>Who comes in by which way, and what is left when the Conductor is gone.</summary>
public sealed class EntranceTests(AgentFixture conductor) : IClassFixture<AgentFixture>
{
    [Fact]
    public async Task Local_users_need_no_token_on_the_socket_and_the_log_names_them()
    {
        using var local = LocalClient();

        using var status = await local.GetAsync(new Uri("/api/status", UriKind.Relative));
        using var byNetwork = await conductor.Http.GetAsync(new Uri("/api/status", UriKind.Relative));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (status.StatusCode, byNetwork.StatusCode));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, File.GetUnixFileMode(conductor.Socket) & (UnixFileMode)0x1FF);
        await Eventually.TrueAsync(() => conductor.Log.Contains($"connected (process {Environment.ProcessId})", StringComparison.Ordinal), "the log to name the local user");
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("http://evil.test", false)]
    [InlineData("http://alice.spoq.test", false)]
    [InlineData("null", false)]
    public async Task Only_pages_of_the_control_plane_may_call_from_a_browser(string origin, bool isAllowed)
    {
        origin = isAllowed ? conductor.ControlPlane.GetLeftPart(UriPartial.Authority) : origin;
        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/api/ask");
        preflight.Headers.Add("Origin", origin);
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        using var answer = await conductor.Http.SendAsync(preflight);

        Assert.Equal(isAllowed ? HttpStatusCode.NoContent : HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Equal(isAllowed ? [origin] : [], answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var allowed) ? allowed : []);
        using var health = new HttpRequestMessage(HttpMethod.Get, "/health");
        health.Headers.Add("Origin", origin);
        using var healthy = await conductor.Http.SendAsync(health);
        Assert.Equal((HttpStatusCode.OK, isAllowed), (healthy.StatusCode, healthy.Headers.Contains("Access-Control-Allow-Origin")));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_a_sentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var folder = Directory.CreateTempSubdirectory("spoq-port-").FullName;
        var file = Path.Combine(folder, "config.json");
        var config = JsonSerializer.Deserialize(await File.ReadAllTextAsync(Path.Combine(conductor.Folder, "config.json")), WireJson.Default.ConductorConfig)!;
        config = config with { DataDirectory = Path.Combine(folder, "data"), Listen = taken.LocalEndpoint.ToString()!, Socket = null };
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(config, WireJson.Default.ConductorConfig));

        using var second = Process.Start(new ProcessStartInfo("dotnet", [Repository.Built("Spoq.Conductor", "Spoq.Conductor.dll"), "--config", file]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = (await second.StandardError.ReadToEndAsync()).Trim();
        await second.WaitForExitAsync();

        Assert.Equal((75, $"{config.Listen} is in use already. Stop what listens there, or change \"listen\" in {file}."), (second.ExitCode, said));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task After_kill_9_no_command_is_left_and_the_next_one_serves_the_same_socket()
    {
        using var body = new StringContent("""{"command":"setsid sleep 7431 & (sleep 7432 &) ; echo begun; sleep 7433"}""", Encoding.UTF8, "application/json");
        using var hanging = await conductor.PostAsync("/api/run", body);
        await conductor.RunAsync("nohup sleep 7439 >/dev/null 2>&1 &");
        await Eventually.TrueAsync(() => Sleepers.Count("743[123]") == 3, "three sleepers");

        await conductor.KillAsync();

        await Eventually.TrueAsync(() => Sleepers.Count("743[123]") == 0, "all of them to be gone");
        Assert.Equal(1, Sleepers.Count("7439"));
        await conductor.StartAsync();
        using var local = LocalClient();
        using var status = await local.GetAsync(new Uri("/api/status", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, status.StatusCode);
        await conductor.RunAsync("for p in /proc/[0-9]*; do grep -qz 7439 $p/cmdline 2>/dev/null && grep -qz ^sleep $p/cmdline && kill ${p#/proc/}; done");
        await Eventually.TrueAsync(() => Sleepers.Count("7439") == 0, "the last one to be ended");
    }

    [Fact]
    public async Task Who_asks_too_often_is_told_to_wait()
    {
        using var local = LocalClient();
        var answers = new List<HttpStatusCode>();
        for (var request = 0; request < 800 && !answers.Contains(HttpStatusCode.TooManyRequests); request++)
        {
            using var answer = await local.GetAsync(new Uri("/api/sessions", UriKind.Relative));
            answers.Add(answer.StatusCode);
            Assert.Equal(answer.StatusCode == HttpStatusCode.TooManyRequests, answer.Headers.RetryAfter is not null);
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, answers[^1]);
        Assert.True(answers.Count > 500);
    }

    private HttpClient LocalClient() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var line = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await line.ConnectAsync(new UnixDomainSocketEndPoint(conductor.Socket), cancellationToken);
            return new NetworkStream(line, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://localhost"),
    };
}
