using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Providers.Byo;
using Spoq.Tests.Instances.Provisioning;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Providers.Byo;

using Shell = Spoq.Tests.Instances.Kit.Shell;

/// <summary>What the command fetches and says, over HTTP, behind a proxy that tells where calls come from.</summary>
public sealed class OwnServerHttpTests(OwnServerHttpTests.Fixture fixture) : IClassFixture<OwnServerHttpTests.Fixture>
{
    private static readonly string s_key = new('a', 64);

    [Fact]
    public async Task The_command_fetches_a_script_of_its_own_and_a_wrong_one_a_script_that_says_why_not()
    {
        var (id, token) = await fixture.WaitingAsync();
        using var client = fixture.Server.NewClient();

        using var answer = await client.GetAsync($"/own-server?token={token}");
        var script = await answer.Content.ReadAsStringAsync();
        using var wrong = await client.GetAsync($"/own-server?token={new string('0', 64)}");
        var refusal = await Shell.RunAsync("bash", ["-c", await wrong.Content.ReadAsStringAsync()]);

        Assert.Equal((HttpStatusCode.OK, "text/x-shellscript"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.True(answer.Headers.CacheControl!.NoStore);
        Assert.Contains($"INSTANCE='{id}'", script, StringComparison.Ordinal);
        Assert.DoesNotContain('@' + "TOKEN@", script, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        Assert.Equal((1, "spoq: This command is not known, or a newer one took its place. Copy the command from your dashboard again.\n"), (refusal.Code, refusal.Errors));
    }

    [Fact]
    public async Task Where_a_call_comes_from_decides_and_not_what_it_says()
    {
        var (id, token) = await fixture.WaitingAsync();

        var inside = await CallAsync(token, s_key, "10.1.2.3");
        var problem = await inside.Content.ReadFromJsonAsync<JsonElement>();
        var outside = await CallAsync(token, s_key, "198.44.7.9");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, inside.StatusCode);
        Assert.Equal("private_address", problem.GetProperty("code").GetString());
        Assert.StartsWith("This server called from 10.1.2.3, which cannot be reached from the internet.", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, outside.StatusCode);
        Assert.Equal(id, (await outside.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("instance_id").GetGuid());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"key\":\"short\",\"system\":\"Debian\"}")]
    [InlineData("{\"key\":\"@\",\"system\":\"\"}")]
    [InlineData("{\"key\":\"@\",\"system\":\"De\\u001bbian\"}")]
    [InlineData("{\"key\":\"@\",\"system\":\"Debian\",\"host_key\":\"MD5:1\"}")]
    public async Task What_cannot_be_read_is_refused(string body)
    {
        var (_, token) = await fixture.WaitingAsync();
        using var client = fixture.Server.NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/own-servers") { Content = new StringContent(body.Replace("@", s_key, StringComparison.Ordinal), new MediaTypeHeaderValue("application/json")) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("bad_call", (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_control_plane_that_is_killed_in_the_middle_answers_the_same_machine_the_same()
    {
        var (id, token) = await fixture.WaitingAsync();
        var first = await SetupTokenAsync(await CallAsync(token, s_key, "198.44.7.9"));

        await fixture.Server.KillAsync();
        await fixture.Server.StartAsync();
        var again = await SetupTokenAsync(await CallAsync(token, s_key, "198.44.7.9"));
        var other = await CallAsync(token, new string('b', 64), "198.44.7.10");
        await fixture.Node.UntilAsync(id, instance => instance.Step > Step.AwaitServer, "the machine to be taken in");

        Assert.Equal(first, again);
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
        Assert.Equal("command_used", (await other.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString());
    }

    private static async Task<string> SetupTokenAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    private async Task<HttpResponseMessage> CallAsync(string token, string key, string from)
    {
        using var client = fixture.Server.NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/own-servers") { Content = JsonContent.Create(new { key, system = "Debian GNU/Linux 12 (bookworm)", address = "8.8.8.8" }) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Add("X-Forwarded-For", from);
        return await client.SendAsync(request);
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public SpoqServer Server { get; private set; } = null!;

        internal NodeBeside Node { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Server = await SpoqServer.NewAsync(new Dictionary<string, string> { ["Spoq__TrustedProxies"] = "127.0.0.1/32,::1/128" });
            Node = new NodeBeside(Server);
        }

        public async Task DisposeAsync()
        {
            await Node.DisposeAsync();
            await Server.DisposeAsync();
        }

        /// <summary>A computer that waits for its machine, and its command's token.</summary>
        internal async Task<(Guid Id, string Token)> WaitingAsync()
        {
            var account = await Node.AddAccountAsync();
            var id = await Purchase.BuyAsync(Node.Services, account, "byo", "byo", "own");
            await Node.UntilAsync(id, instance => instance.Step == Step.AwaitServer, "the command to be made");
            return (id, (await Node.Services.GetRequiredService<OwnServers>().FindAsync(account, id, CancellationToken.None))!.Token!);
        }
    }
}
