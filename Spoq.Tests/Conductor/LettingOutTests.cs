using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Instances.Providers.Local;
using Spoq.Tests.Access;
using Spoq.Tests.Cli;
using Spoq.Tests.Stories;
using Spoq.Tests.Support;

namespace Spoq.Tests.Conductor;

/// <summary>Rule T2 on a real control plane and a real computer: who is let out is out within five seconds.</summary>
public sealed class LettingOutTests(CliWorld world) : IClassFixture<CliWorld>
{
    private static readonly TimeSpan s_rule = TimeSpan.FromSeconds(5);

    [Fact]
    public Task A_removed_device_is_let_in_no_more() => Promise.KeptAsync(s_rule, "Hearing of a device", AddAndRemoveAsync);

    /// <returns>The longer of the two times until it was heard of.</returns>
    private async Task<TimeSpan> AddAndRemoveAsync()
    {
        var key = (await SshKeygen.NewPublicKeyAsync("laptop")).Split(' ')[..2];
        using var added = await world.Owner.PostAsync("/api/devices/add", new { profile_id = world.ProfileId, ssh_public_key = string.Join(' ', key), name = "laptop" });
        var device = await ApiClient.JsonAsync(added, HttpStatusCode.Created);
        var (id, print) = (device.GetProperty("device_id").GetGuid(), device.GetProperty("fingerprint").GetString()!);
        var line = $"{key[0]} {key[1]} spoq-{id}";

        var since = Stopwatch.StartNew();
        await Eventually.TrueAsync(async () => (await KeysAsync("ada", print)).Output == line, "the key to be let in");
        var letIn = since.Elapsed;
        Assert.Equal(line, (await KeysAsync("ada")).Output);
        Assert.Equal(new Printed(0, "", ""), await KeysAsync("root", print));
        Assert.Equal(new Printed(0, "", ""), await KeysAsync("ada", "SHA256:another"));
        Assert.True(File.Exists(Path.Combine(Folder.Path, "seen", id.ToString())));

        using var removed = await world.Owner.DeleteAsync($"/api/devices/{id}");
        Assert.True(removed.IsSuccessStatusCode);
        since.Restart();
        await Eventually.TrueAsync(async () => (await KeysAsync("ada", print)) == new Printed(0, "", ""), "the key to be gone");
        return letIn > since.Elapsed ? letIn : since.Elapsed;
    }

    [Fact]
    public async Task Without_anything_to_read_nobody_is_let_in_and_nothing_breaks()
    {
        using var cli = new SpoqCli();
        var broken = Path.Combine(cli.Folder, "broken.json");
        await File.WriteAllTextAsync(broken, "{");

        foreach (var file in new[] { broken, Path.Combine(cli.Folder, "missing.json") })
        {
            var told = await cli.RunAsync("authorized-keys", "ada", "--state", file);
            Assert.Equal((0, ""), (told.ExitCode, told.Output));
            Assert.Contains("cannot be read", told.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public Task A_sign_in_that_ended_is_out_at_the_computer_too() => Promise.KeptAsync(s_rule, "Hearing of the end of a sign-in", SignInAndOutAsync);

    private async Task<TimeSpan> SignInAndOutAsync()
    {
        using var elsewhere = new ApiClient(world.Server);
        using var signedIn = await elsewhere.PostAsync("/api/auth/login", new { email = world.Owner.Email, password = ApiClient.Password });
        elsewhere.Keep(await ApiClient.JsonAsync(signedIn, HttpStatusCode.OK));
        var (address, token) = await RuntimeTokenAsync(elsewhere);
        var (_, mine) = await RuntimeTokenAsync(world.Owner);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(address, token));

        using var out_ = await elsewhere.PostAsync("/api/auth/logout");
        Assert.True(out_.IsSuccessStatusCode);

        var since = Stopwatch.StartNew();
        await Eventually.TrueAsync(async () => await StatusAsync(address, token) == HttpStatusCode.Unauthorized, "the token to be refused");
        var heard = since.Elapsed;
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(address, mine));
        return heard;
    }

    [Fact]
    public async Task A_heartbeat_tells_which_devices_were_seen()
    {
        var device = (await ApiWorld.AddDeviceAsync(world.Owner, world.ProfileId, "seen"))!.Value;
        using var saved = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Folder.Path, "instance_token.json")));
        var at = DateTimeOffset.UtcNow.AddMinutes(-3);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/internal/instances/{Folder.ReadConfig()!.InstanceId}/heartbeat")
        {
            Content = JsonContent.Create(new Heartbeat("1.0.0", 1, 1, 2, 1, 2) { Devices = [new DeviceSeen(device, at), new DeviceSeen(Guid.NewGuid(), at)] }, WireJson.Default.Heartbeat),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", saved.RootElement.GetProperty("instance_token").GetString());
        using var client = world.Server.NewClient();
        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.True(answer.Headers.Contains(DesiredState.RevisionHeader));
        var shown = (await world.Owner.ReadAsync("/api/devices")).GetProperty("devices").EnumerateArray().Single(one => one.GetProperty("id").GetGuid() == device);
        Assert.Equal(at, shown.GetProperty("last_connected_at").GetDateTimeOffset(), TimeSpan.FromSeconds(1));
        using var removed = await world.Owner.DeleteAsync($"/api/devices/{device}");
    }

    private ConductorFolder Folder => new(Directory.GetDirectories(Path.Combine(world.Server.DataDirectory, "instances")).Single());

    private Task<Printed> KeysAsync(params string[] of) => world.Cli.RunAsync([.. of.Prepend("authorized-keys"), "--state", Path.Combine(Folder.Path, "desired.json")]);

    private async Task<(Uri Endpoint, string Token)> RuntimeTokenAsync(ApiClient client)
    {
        using var answer = await client.PostAsync($"/api/cloud/instances/{Folder.ReadConfig()!.InstanceId}/runtime-token");
        var issued = await ApiClient.JsonAsync(answer, HttpStatusCode.OK);
        return (new Uri(issued.GetProperty("endpoint").GetString()!), issued.GetProperty("token").GetString()!);
    }

    private async Task<HttpStatusCode> StatusAsync(Uri endpoint, string token)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(endpoint, "/api/status"));
        request.Headers.Host = world.Hostname;
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }
}
