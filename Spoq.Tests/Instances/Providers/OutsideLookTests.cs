using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Instances;
using Spoq.Tests.Billing;
using Spoq.Tests.Emulators;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Providers;

/// <summary>
/// L2: the whole ladder with a moved clock, and then a look from outside. Nothing goes before its date; afterwards there is no
/// record, no server of it, no script, no secret, and no credential that opens anything, although every call of the clean-up
/// failed once and then hung.
/// </summary>
public sealed class OutsideLookTests(OutsideWorld world) : IClassFixture<OutsideWorld>
{
    private static readonly HttpStatusCode[] s_refused = [HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.Conflict, HttpStatusCode.Gone];

    [Theory]
    [InlineData("hostinger", "vps-2", "frankfurt")]
    [InlineData("contabo", "vps-4", "EU")]
    [InlineData("fly", "cloud", "ams")]
    public async Task After_its_last_day_nothing_of_a_computer_is_left_that_works(string vendor, string plan, string region)
    {
        var emulator = world.Vendors.Of(vendor);
        using var owner = await world.SignUpAsync();
        var (instance, doors) = await DeliverAsync(owner, vendor, plan, region);
        foreach (var door in doors.Where(door => door.Opens))
        {
            Assert.True((int)await door.TryAsync() < 400, $"{door.Name} opens nothing even before the end");
        }

        var start = world.Clock.Now;
        Assert.True((await world.Services.GetRequiredService<SubscriptionLadder>().CancelAsync(owner.AccountId, instance.Id, atPeriodEnd: false, LadderWorld.Somebody, CancellationToken.None)).Try(out _, out var no), no?.Message);
        await world.LadderAtAsync(start.AddDays(6));
        await world.LadderAtAsync(start.AddDays(7).AddSeconds(-1));
        AssertThere(emulator, instance, "before day 7", InstanceState.Running);
        await world.LadderAtAsync(start.AddDays(7));
        await world.DriveAsync(instance.Id, InstanceState.Stopped);
        await world.LadderAtAsync(start.AddDays(36));
        await world.LadderAtAsync(start.AddDays(37).AddSeconds(-1));
        AssertThere(emulator, instance, "before day 37", InstanceState.Stopped);

        foreach (var each in (VendorEmulator[])[emulator, world.Vendors.Zone])
        {
            each.FailEach(Fault.ErrorBefore, Fault.Hang);
        }

        await world.LadderAtAsync(start.AddDays(37));
        await world.DriveAsync(instance.Id, InstanceState.Deleted);
        emulator.Forgive();
        world.Vendors.Zone.Forgive();

        // Chores come again: an answer that took longer than this world waits for one is no end of it.
        await Eventually.TrueAsync(
            async () =>
            {
                await world.ChoresAsync();
                return await LeftAtAsync(vendor, instance) == "" && (await world.OrphansAsync()).Count == 0;
            },
            $"everything of the computer to be gone at {vendor}: {await LeftAtAsync(vendor, instance)}");
        Assert.DoesNotContain(world.Vendors.Zone.Records, record => record.Name == instance.Hostname);
        Assert.DoesNotContain(instance.Id, emulator.Marked);
        Assert.Equal("", await LeftAtAsync(vendor, instance));
        Assert.Empty(await world.OrphansAsync());
        await owner.LogInAsync();
        foreach (var door in doors)
        {
            var answer = await door.TryAsync();
            Assert.True(s_refused.Contains(answer), $"{door.Name} is still answered with {(int)answer}");
        }
    }

    private void AssertThere(ServerVendorEmulator emulator, Instance instance, string when, InstanceState state)
    {
        Assert.True(emulator.Marked.Count(id => id == instance.Id) == 1, $"{when} its server is not there");
        Assert.True(world.Vendors.Zone.Records.Any(record => record.Name == instance.Hostname), $"{when} its name is gone");
        Assert.Equal(state, world.Read(instance.Id).State);
    }

    /// <summary>All that a vendor can still be seen to hold of it, in words.</summary>
    private async Task<string> LeftAtAsync(string vendor, Instance instance)
    {
        var (mark, token) = ($"{instance.Id:n}", instance.Id.ToString());
        bool Names(string? text) => text is not null && (text.Contains(mark, StringComparison.OrdinalIgnoreCase) || text.Contains(token, StringComparison.OrdinalIgnoreCase));
        return await world.Vendors.Of(vendor).ReadAsync(() => string.Join("; ", vendor switch
        {
            "hostinger" => world.Vendors.Hostinger.Machines.Where(vm => !vm.Hostname.StartsWith("spare-", StringComparison.Ordinal) || vm.BootScript is not null || vm.TemplateId != 1106).Select(vm => $"machine {vm.Hostname} with system {vm.TemplateId}")
                .Concat(world.Vendors.Hostinger.Renewing.Select(id => $"renewal of {id}"))
                .Concat(world.Vendors.Hostinger.Scripts.Values.Where(script => Names(script.Name) || Names(script.Content)).Select(script => $"script {script.Name}")),
            "contabo" => world.Vendors.Contabo.Servers.Where(server => !server.DisplayName.StartsWith("spare-", StringComparison.Ordinal) || server.UserData is not null || server.ImageId != "i-d12" || server.CancelDate is null).Select(server => $"server {server.DisplayName} with system {server.ImageId}")
                .Concat(world.Vendors.Contabo.Secrets.Values.Select(secret => $"secret {secret.Name}")),
            _ => world.Vendors.Fly.Apps.Values.Where(app => !app.IsGoing).Select(app => $"app {app.Name}"),
        }));
    }

    /// <summary>Bought and brought to life over HTTP, as a real server does it, keeping everything that ever opened anything.</summary>
    private async Task<(Instance Instance, IReadOnlyList<Door> Doors)> DeliverAsync(ApiClient owner, string vendor, string plan, string region)
    {
        var http = world.Anybody.Http;
        var id = await Provisioning.Purchase.BuyAsync(world.Services, owner.AccountId, vendor, plan, region);
        await world.DriveAsync(id, instance => instance.Step == Core.Instances.Provisioning.Step.InstallConductor);
        var once = world.Vendors.Of(vendor).TokenOf(id);
        var settings = await ReadAsync(http, $"/internal/instances/{id}/settings?architecture=amd64", once);
        var urls = settings.Split('\n').Where(line => line.Contains("_url=", StringComparison.Ordinal)).Select(line => new Uri(line.Split('=', 2)[1]).PathAndQuery).ToList();
        Assert.Equal(2, urls.Count);
        await ReadAsync(http, urls[0], null);
        var home = await SendAsync(http, HttpMethod.Post, $"/internal/instances/{id}/phone-home", once, """{"stage":"done","version":"1.0.0"}""");
        var own = JsonDocument.Parse(await home.Content.ReadAsStringAsync()).RootElement.GetProperty("instance_token").GetString()!;
        await world.DriveAsync(id, InstanceState.Running);
        const string Beat = """{"version":"1.0.0","cpu_percent":1,"memory_used_bytes":1,"memory_total_bytes":2,"disk_used_bytes":1,"disk_total_bytes":2}""";
        Assert.Equal(HttpStatusCode.NoContent, (await SendAsync(http, HttpMethod.Post, $"/internal/instances/{id}/heartbeat", own, Beat)).StatusCode);
        var key = await world.Services.GetRequiredService<InstanceKeys>().SecretAsync(world.Read(id), CancellationToken.None) ?? throw new InvalidOperationException("It has no key for models.");
        using var issued = await owner.PostAsync($"/api/cloud/instances/{id}/runtime-token");
        var runtime = (await ApiClient.JsonAsync(issued, HttpStatusCode.OK)).GetProperty("token").GetString()!;
        return (world.Read(id),
        [
            new("The provisioning token at the settings", false, () => TryAsync(http, HttpMethod.Get, $"/internal/instances/{id}/settings?architecture=amd64", once)),
            new("The provisioning token at the script", false, () => TryAsync(http, HttpMethod.Get, $"/internal/instances/{id}/install.sh", once)),
            new("The provisioning token at phone-home", false, () => TryAsync(http, HttpMethod.Post, $"/internal/instances/{id}/phone-home", once, """{"stage":"done","version":"1.0.0"}""")),
            new("The instance's token at the heartbeat", true, () => TryAsync(http, HttpMethod.Post, $"/internal/instances/{id}/heartbeat", own, Beat)),
            new("The instance's token at the desired state", true, () => TryAsync(http, HttpMethod.Get, $"/internal/instances/{id}/desired-state", own)),
            new("The instance's token at updates", false, () => TryAsync(http, HttpMethod.Post, $"/internal/instances/{id}/update", own, """{"artifact":"conductor-linux-amd64","version":"0.0.1"}""")),
            new("The instance's key for models", true, () => TryAsync(http, HttpMethod.Get, "/v1/models", key)),
            new("The instance's key for a question", false, () => TryAsync(http, HttpMethod.Post, "/v1/chat/completions", key, """{"model":"spoq-echo","messages":[{"role":"user","content":"Hi"}]}""")),
            new("A signed download URL", false, () => TryAsync(http, HttpMethod.Get, urls[1], null)),
            new("A used download URL", false, () => TryAsync(http, HttpMethod.Get, urls[0], null)),
            new("A runtime token from before", false, () => TryAsync(http, HttpMethod.Get, "/v1/models", runtime)),
            new("Asking for a runtime token", true, () => TryAsync(http, HttpMethod.Post, $"/api/cloud/instances/{id}/runtime-token", owner.Token)),
        ]);
    }

    private static async Task<string> ReadAsync(HttpClient http, string path, string? token)
    {
        using var answer = await SendAsync(http, HttpMethod.Get, path, token);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {path}: {text}");
        return text;
    }

    private static async Task<HttpStatusCode> TryAsync(HttpClient http, HttpMethod method, string path, string? token, string? body = null)
    {
        using var answer = await SendAsync(http, method, path, token, body);
        return answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, HttpMethod method, string path, string? token, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await http.SendAsync(request);
    }

    /// <param name="Opens">False: it may have served its one turn before the end already.</param>
    private sealed record Door(string Name, bool Opens, Func<Task<HttpStatusCode>> TryAsync);
}
