using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Instances.Providers.Local;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Provisioning;

/// <summary>Whose word counts: servers by their own token, people by their own computers; everything else looks like nothing at all.</summary>
public sealed class ServerReportHttpTests(ServerReportHttpTests.TwoComputers computers) : IClassFixture<ServerReportHttpTests.TwoComputers>
{
    private const string Home = """{"stage":"done","version":"1.0.0"}""";
    private const string Beat = """{"version":"1.0.0","cpu_percent":1,"memory_used_bytes":1,"memory_total_bytes":2,"disk_used_bytes":1,"disk_total_bytes":2}""";

    [Theory]
    [InlineData("phone-home", Home)]
    [InlineData("heartbeat", Beat)]
    public async Task Only_its_own_token_lets_a_server_in_and_every_other_no_looks_the_same(string report, string body)
    {
        var (mine, others) = (computers.Tokens(computers.First), computers.Tokens(computers.Second));
        var answers = new List<string>();
        foreach (var token in new[] { null, "", "wrong", new string('x', 10_000), others.Provisioning, others.Instance, report == "heartbeat" ? mine.Provisioning : mine.Instance })
        {
            answers.Add(await ReportAsync(computers.First, report, token, body, HttpStatusCode.Unauthorized));
        }

        answers.Add(await ReportAsync(Guid.CreateVersion7(), report, mine.Instance, body, HttpStatusCode.Unauthorized));
        Assert.Single(answers.Distinct());
        Assert.Contains("invalid_token", answers[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_with_its_own_token_is_heard()
    {
        var mine = computers.Tokens(computers.First);

        await ReportAsync(computers.First, "heartbeat", mine.Instance, Beat, HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("""{"version":"1\u0000","cpu_percent":1,"memory_used_bytes":1,"memory_total_bytes":2,"disk_used_bytes":1,"disk_total_bytes":2}""")]
    [InlineData("""{"version":"1\u001b[31m","cpu_percent":1,"memory_used_bytes":1,"memory_total_bytes":2,"disk_used_bytes":1,"disk_total_bytes":2}""")]
    [InlineData("""{"version":"\ud800","cpu_percent":1,"memory_used_bytes":1,"memory_total_bytes":2,"disk_used_bytes":1,"disk_total_bytes":2}""")]
    [InlineData("""{"version":"1","cpu_percent":101,"memory_used_bytes":1,"memory_total_bytes":2,"disk_used_bytes":1,"disk_total_bytes":2}""")]
    [InlineData("""{"version":"1","cpu_percent":1,"memory_used_bytes":-1,"memory_total_bytes":2,"disk_used_bytes":1,"disk_total_bytes":2}""")]
    [InlineData("""{"version":"1"}""")]
    [InlineData("")]
    public async Task A_server_that_talks_nonsense_is_told_so(string body) =>
        await ReportAsync(computers.First, "heartbeat", computers.Tokens(computers.First).Instance, body, HttpStatusCode.UnprocessableEntity);

    [Fact]
    public async Task A_version_that_is_no_text_is_not_taken_from_a_server_that_calls_home() =>
        await ReportAsync(computers.First, "phone-home", computers.Tokens(computers.First).Provisioning, """{"stage":"done","version":"1\u0000"}""", HttpStatusCode.UnprocessableEntity);

    [Fact]
    public async Task A_server_that_takes_nobodys_place_is_told_the_same_as_a_stranger()
    {
        var mine = computers.Tokens(computers.First);

        Assert.Contains("not_moving", await ReportAsync(computers.First, "move", mine.Instance, """{"state":"copied"}""", HttpStatusCode.NotFound), StringComparison.Ordinal);
        Assert.Contains("not_moving", await ReportAsync(computers.First, "move", "wrong", """{"state":"copied"}""", HttpStatusCode.NotFound), StringComparison.Ordinal);
        Assert.Contains("bad_report", await ReportAsync(computers.First, "move", mine.Instance, """{"state":"done"}""", HttpStatusCode.UnprocessableEntity), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_accounts_console_looks_like_a_missing_one()
    {
        using var other = await computers.Stranger.Http.GetAsync(new Uri($"/r/{computers.First}", UriKind.Relative));
        var missingId = Guid.CreateVersion7();
        using var missing = await computers.Stranger.Http.GetAsync(new Uri($"/r/{missingId}", UriKind.Relative));

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (other.StatusCode, missing.StatusCode));
        var page = await other.Content.ReadAsStringAsync();
        Assert.Contains("There is nothing here", page, StringComparison.Ordinal);
        Assert.DoesNotContain(await computers.HostnameAsync(), page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hub_wants_a_login_and_a_page_of_ours()
    {
        using var client = computers.Server.NewClient(followRedirects: false);
        using var anonymous = await client.PostAsync(new Uri("/hubs/instances/negotiate?negotiateVersion=1", UriKind.Relative), null);
        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);

        var refused = await Assert.ThrowsAsync<WebSocketException>(() => computers.DialAsync("http://alice.localhost"));
        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hub_tells_of_another_accounts_computer_what_it_tells_of_none()
    {
        using var socket = await computers.DialAsync(computers.Server.BaseUrl.ToString().TrimEnd('/'));

        var other = await SubscribeAsync(socket, computers.First);
        var missing = await SubscribeAsync(socket, Guid.CreateVersion7());

        Assert.Equal(missing, other);
        Assert.Contains("instance_not_found", other, StringComparison.Ordinal);
    }

    private static async Task<string> SubscribeAsync(WebSocket socket, Guid instanceId)
    {
        await SayAsync(socket, $$"""{"type":1,"invocationId":"1","target":"Subscribe","arguments":["{{instanceId}}"]}""");
        while (true)
        {
            var message = (await HearAsync(socket)).Split('\u001e').FirstOrDefault(part => part.Contains("\"type\":3", StringComparison.Ordinal) || part.Contains("\"type\":1", StringComparison.Ordinal));
            if (message is not null)
            {
                return message;
            }
        }
    }

    private static Task SayAsync(WebSocket socket, string json) => socket.SendAsync(Encoding.UTF8.GetBytes(json + '\u001e'), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    private static async Task<string> HearAsync(WebSocket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var bytes = new byte[64 * 1024];
        var got = await socket.ReceiveAsync(bytes, limit.Token);
        return Encoding.UTF8.GetString(bytes, 0, got.Count);
    }

    private async Task<string> ReportAsync(Guid instanceId, string report, string? token, string body, HttpStatusCode expected)
    {
        using var client = computers.Server.NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/internal/instances/{instanceId}/{report}") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == expected, $"{(int)answer.StatusCode} {text}");
        if (expected != HttpStatusCode.Unauthorized)
        {
            return text;
        }

        // The request's own id and address are the caller's, not ours to hide.
        var problem = JsonSerializer.Deserialize<SortedDictionary<string, JsonElement>>(text)!;
        return string.Join('\n', problem.Where(part => part.Key is not ("request_id" or "traceId" or "instance")));
    }

    /// <summary>Two computers of two accounts, both running, and a third account with none.</summary>
    public sealed class TwoComputers : IAsyncLifetime
    {
        public SpoqServer Server { get; private set; } = null!;

        public Guid First { get; private set; }

        public Guid Second { get; private set; }

        internal HttpVisitor Stranger { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Server = await SpoqServer.NewAsync();
            await using var node = new NodeBeside(Server);
            First = await Purchase.BuyAsync(node.Services, await node.AddAccountAsync());
            Second = await Purchase.BuyAsync(node.Services, await node.AddAccountAsync());
            await node.UntilAsync(all => all.All(instance => instance.State == InstanceState.Running && instance.LastHeartbeatAt is not null), "two running computers");
            Stranger = new HttpVisitor(Server);
            await Stranger.SignUpAsync();
        }

        public async Task DisposeAsync()
        {
            Stranger.Dispose();
            await Server.DisposeAsync();
        }

        public async Task<string> HostnameAsync()
        {
            await using var node = new NodeBeside(Server);
            await using var db = node.NewContext();
            return (await db.Instances.FindAsync(First))!.Hostname;
        }

        /// <summary>What the computer itself was given, read where only it may read.</summary>
        internal (string Provisioning, string Instance) Tokens(Guid id)
        {
            var folder = ConductorFolder.Of(Server.DataDirectory, id);
            var saved = Directory.EnumerateFiles(folder.Path, "instance_token.json", SearchOption.AllDirectories).Single();
            using var json = JsonDocument.Parse(File.ReadAllText(saved));
            return (folder.ReadConfig()!.ProvisioningToken!, json.RootElement.GetProperty("instance_token").GetString()!);
        }

        internal async Task<ClientWebSocket> DialAsync(string origin)
        {
            var socket = new ClientWebSocket();
            socket.Options.SetRequestHeader("Cookie", Stranger.Cookies);
            socket.Options.SetRequestHeader("Origin", origin);
            await socket.ConnectAsync(new UriBuilder(Server.BaseUrl) { Scheme = "ws", Path = "/hubs/instances" }.Uri, CancellationToken.None);
            await SayAsync(socket, """{"protocol":"json","version":1}""");
            Assert.Equal("{}\u001e", await HearAsync(socket));
            return socket;
        }
    }
}
