using System.Net;
using System.Text;
using System.Text.Json;
using Spoq.Core.Access;
using Spoq.Tests.Stories;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances;

/// <summary>A computer from order to running and back, by a program that only speaks JSON.</summary>
public sealed class CloudApiTests(StoryServer fixture) : IClassFixture<StoryServer>
{
    [Fact]
    public async Task From_the_order_to_a_running_computer_and_its_story()
    {
        using var client = await ApiClient.SignedUpAsync(fixture.Server);
        var order = await client.OrderAsync();
        var id = order.GetProperty("id").GetGuid();
        Assert.Equal("draft", order.GetProperty("instance").GetProperty("status").GetString());

        using var unpaid = await client.SendAsync(HttpMethod.Post, $"/api/cloud/instances/{id}/checkout/confirm?paid=true", new { paid = true, state = "paid" });
        Assert.Equal(HttpStatusCode.Accepted, unpaid.StatusCode);

        await client.PayAsync(order);
        using var confirmed = await client.PostAsync($"/api/cloud/instances/{id}/checkout/confirm");
        Assert.Equal("paid", (await ApiClient.JsonAsync(confirmed, HttpStatusCode.OK)).GetProperty("status").GetString());
        await RunsAsync(client, id);

        var status = await client.ReadAsync($"/api/cloud/instances/{id}/status");
        Assert.Equal(100, status.GetProperty("percent").GetInt32());
        Assert.All(status.GetProperty("steps").EnumerateArray(), step => Assert.Equal("done", step.GetProperty("status").GetString()));
        Assert.Equal("running", (await client.ReadAsync("/api/status")).GetProperty("container_status").GetString());
        Assert.Equal("active", (await client.ReadAsync("/v1/billing/subscription")).GetProperty("status").GetString());
        Assert.Equal(1500, Assert.Single((await client.ReadAsync("/v1/billing/invoices")).GetProperty("data").EnumerateArray()).GetProperty("amount").GetInt64());

        var all = (await client.ReadAsync($"/api/cloud/instances/{id}/events?limit=100")).GetProperty("data").EnumerateArray().Select(line => line.GetProperty("id").GetInt64()).ToList();
        Assert.Equal(all, await PagedAsync(client, id));
        Assert.Equal(all, await StreamedAsync(client, id, 0, all.Count));
        Assert.Equal(all[3..], await StreamedAsync(client, id, all[2], all.Count - 3));

        using var stopped = await client.PostAsync($"/api/cloud/instances/{id}/stop");
        Assert.Equal(HttpStatusCode.Accepted, stopped.StatusCode);
        await IsAsync(client, id, "stopped");
        using var again = await client.PostAsync($"/api/cloud/instances/{id}/stop");
        Assert.Equal("not_running", await ApiClient.CodeAsync(again, HttpStatusCode.Conflict));
        using var started = await client.PostAsync($"/api/cloud/instances/{id}/start");
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        await RunsAsync(client, id);

        await LetsInByRoleAsync(client, id);
        using var kept = await client.DeleteAsync($"/api/cloud/instances/{id}");
        Assert.Equal("was_ready", await ApiClient.CodeAsync(kept, HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Twenty_orders_with_one_idempotency_key_are_one_order()
    {
        using var client = await ApiClient.SignedUpAsync(fixture.Server);
        var key = Guid.NewGuid().ToString();
        var body = new { address = $"k{Guid.NewGuid():n}"[..14], plan = "cloud" };

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.PostAsync("/api/cloud/instances", body, key)));
        var texts = await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync()));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        Assert.Single(texts.Distinct());
        Assert.Equal(19, answers.Count(answer => answer.Headers.Contains("Idempotent-Replayed")));
        Assert.Single(answers.Select(answer => answer.Headers.Location).Distinct());
        using var other = await client.PostAsync("/api/cloud/instances", new { body.address, plan = "vps-1" }, key);
        Assert.Equal("idempotency_key_reused", await ApiClient.CodeAsync(other, HttpStatusCode.Conflict));
        using var bad = await client.PostAsync("/api/cloud/instances", body, new string('k', 300));
        Assert.Equal("bad_idempotency_key", await ApiClient.CodeAsync(bad, HttpStatusCode.BadRequest));
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task Orders_made_at_once_without_a_key_are_still_one_computer()
    {
        using var client = await ApiClient.SignedUpAsync(fixture.Server);
        var body = new { address = $"p{Guid.NewGuid():n}"[..14], plan = "cloud" };

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.PostAsync("/api/cloud/instances", body)));

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.StatusCode));
        Assert.Single((await client.ReadAsync("/api/cloud/instances")).GetProperty("data").EnumerateArray());
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task An_unpaid_order_can_be_changed_and_given_up_and_its_address_is_free_at_once()
    {
        using var client = await ApiClient.SignedUpAsync(fixture.Server);
        var order = await client.OrderAsync();
        var (id, address) = (order.GetProperty("id").GetGuid(), order.GetProperty("instance").GetProperty("address").GetString());

        using var changed = await client.SendAsync(HttpMethod.Patch, $"/api/cloud/instances/{id}", new { plan = "vps-1" });
        Assert.Equal("vps-1", (await ApiClient.JsonAsync(changed, HttpStatusCode.OK)).GetProperty("plan").GetString());
        using var subscribed = await client.PostAsync("/v1/billing/subscribe", new { plan = "vps-2", interval = "month", instance_id = id });
        var opened = await ApiClient.JsonAsync(subscribed, HttpStatusCode.OK);
        Assert.NotEqual(order.GetProperty("checkout_url").GetString(), opened.GetProperty("checkout_url").GetString());
        using var bad = await client.PostAsync("/api/subscription/create", new { plan = "vps-2", interval = "decade" });
        Assert.Equal("unknown_interval", await ApiClient.CodeAsync(bad, HttpStatusCode.UnprocessableEntity));

        using var gone = await client.DeleteAsync($"/api/cloud/instances/{id}");
        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        Assert.Equal("cancelled", (await client.ReadAsync($"/api/cloud/instances/{id}")).GetProperty("status").GetString());
        using var nobody = new ApiClient(fixture.Server);
        Assert.True((await nobody.ReadAsync($"/api/subdomain/check/{address}")).GetProperty("available").GetBoolean());
        using var late = await client.PostAsync($"/api/cloud/instances/{id}/checkout/confirm");
        Assert.Equal("checkout_expired", await ApiClient.CodeAsync(late, HttpStatusCode.Conflict));
        Assert.NotEqual(id, (await client.OrderAsync()).GetProperty("id").GetGuid());
    }

    [Fact]
    public async Task The_setup_goes_step_by_step_too()
    {
        using var client = await ApiClient.SignedUpAsync(fixture.Server);
        var address = $"s{Guid.NewGuid():n}"[..14];

        using var early = await client.PostAsync("/api/subscription/create", new { plan = "cloud", interval = "month" });
        Assert.Equal("missing", await ApiClient.CodeAsync(early, HttpStatusCode.UnprocessableEntity));
        using var reserved = await client.PostAsync("/api/setup/subdomain", new { subdomain = address });
        Assert.Equal(address, (await ApiClient.JsonAsync(reserved, HttpStatusCode.OK)).GetProperty("subdomain").GetString());
        using var named = await client.PostAsync("/api/setup/profile", new { username = "ada" });
        var profileId = (await ApiClient.JsonAsync(named, HttpStatusCode.OK)).GetProperty("profile_id").GetGuid();
        using var added = await client.PostAsync("/api/devices/add", new { profile_id = profileId, ssh_public_key = await SshKeygen.NewPublicKeyAsync("ada@laptop"), name = "My laptop" });
        var device = await ApiClient.JsonAsync(added, HttpStatusCode.Created);
        Assert.StartsWith("SHA256:", device.GetProperty("fingerprint").GetString(), StringComparison.Ordinal);
        Assert.Equal("ada", device.GetProperty("connection_info").GetProperty("username").GetString());
        var deviceId = device.GetProperty("device_id").GetGuid();

        using var renamed = await client.SendAsync(HttpMethod.Patch, $"/api/devices/{deviceId}", new { name = "The old laptop" });
        Assert.Equal("The old laptop", (await ApiClient.JsonAsync(renamed, HttpStatusCode.OK)).GetProperty("name").GetString());
        using var subscribed = await client.PostAsync("/api/subscription/create", new { plan = "cloud", interval = "yearly" });
        Assert.Contains("/checkout/", (await ApiClient.JsonAsync(subscribed, HttpStatusCode.OK)).GetProperty("checkout_url").GetString(), StringComparison.Ordinal);
        var overview = await client.ReadAsync("/api/status");
        Assert.Equal("draft", overview.GetProperty("container_status").GetString());
        Assert.Equal(deviceId, Assert.Single(overview.GetProperty("devices").EnumerateArray()).GetProperty("id").GetGuid());
        using var removed = await client.DeleteAsync($"/api/devices/{deviceId}");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
    }

    [Fact]
    public async Task A_revoked_token_ends_its_stream()
    {
        using var client = await ApiClient.SignedUpAsync(fixture.Server);
        var id = (await client.OrderAsync()).GetProperty("id").GetGuid();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/cloud/instances/{id}/events");
        request.Headers.Add("Accept", "text/event-stream");
        using var answer = await client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal("retry: 3000", await lines.ReadLineAsync());

        using var bye = await client.PostAsync("/api/auth/logout");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(55));
        await lines.ReadToEndAsync(limit.Token);
    }

    private async Task LetsInByRoleAsync(ApiClient owner, Guid id)
    {
        using var friend = await ApiClient.SignedUpAsync(fixture.Server);
        using var before = await friend.GetAsync($"/api/cloud/instances/{id}");
        Assert.Equal("instance_not_found", await ApiClient.CodeAsync(before, HttpStatusCode.NotFound));
        var members = $"/api/cloud/instances/{id}/members";
        using var invited = await owner.PostAsync(members, new { email = friend.Email });
        var member = await ApiClient.JsonAsync(invited, HttpStatusCode.Created);
        Assert.Equal("viewer", member.GetProperty("role").GetString());

        Assert.Equal("viewer", (await friend.ReadAsync($"/api/cloud/instances/{id}")).GetProperty("role").GetString());
        Assert.Equal(id, Assert.Single((await friend.ReadAsync("/api/cloud/instances")).GetProperty("data").EnumerateArray()).GetProperty("id").GetGuid());
        using var refused = await friend.PostAsync($"/api/cloud/instances/{id}/stop");
        Assert.Equal("role_too_low", await ApiClient.CodeAsync(refused, HttpStatusCode.Forbidden));
        using var list = await friend.GetAsync(members);
        Assert.Equal("owner_only", await ApiClient.CodeAsync(list, HttpStatusCode.Forbidden));
        await LetsInSoonAsync(friend, id, HttpMethod.Get, "/api/status");
        Assert.Equal(HttpStatusCode.Forbidden, await AtConductorAsync(friend, id, HttpMethod.Post, "/api/run"));

        using var raised = await owner.PostAsync(members, new { email = friend.Email.ToUpperInvariant(), role = "operator" });
        Assert.Equal(member.GetProperty("id").GetGuid(), (await ApiClient.JsonAsync(raised, HttpStatusCode.Created)).GetProperty("id").GetGuid());
        await LetsInSoonAsync(friend, id, HttpMethod.Post, "/api/run");

        using var removed = await owner.DeleteAsync($"{members}/{member.GetProperty("id").GetGuid()}");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        using var after = await friend.PostAsync($"/api/cloud/instances/{id}/runtime-token");
        Assert.Equal("instance_not_found", await ApiClient.CodeAsync(after, HttpStatusCode.NotFound));
    }

    /// <summary>A token says its second only: until the computer has heard of the change, what it knew within that second holds.</summary>
    private static Task LetsInSoonAsync(ApiClient client, Guid id, HttpMethod method, string path) =>
        Eventually.TrueAsync(async () => await AtConductorAsync(client, id, method, path) == HttpStatusCode.OK, "the computer to know the new role");

    /// <summary>Straight at the computer with a runtime token; the token itself opens nothing at the API.</summary>
    private static async Task<HttpStatusCode> AtConductorAsync(ApiClient client, Guid id, HttpMethod method, string path)
    {
        using var issued = await client.PostAsync($"/api/cloud/instances/{id}/runtime-token");
        var answer = await ApiClient.JsonAsync(issued, HttpStatusCode.OK);
        Assert.Equal(300, answer.GetProperty("expires_in").GetInt32());
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method, new Uri(new Uri(answer.GetProperty("endpoint").GetString()!), path));
        request.Headers.Host = answer.GetProperty("audience").GetString();
        request.Headers.Authorization = new("Bearer", answer.GetProperty("token").GetString());
        request.Content = method == HttpMethod.Post ? new StringContent("{\"command\":\"true\"}", Encoding.UTF8, "application/json") : null;
        using var said = await http.SendAsync(request);

        using var here = new HttpRequestMessage(HttpMethod.Get, "/api/auth/me");
        here.Headers.Authorization = request.Headers.Authorization;
        using var refused = await client.Http.SendAsync(here);
        Assert.Equal(AccessRefusals.TokenInvalid.Code, await ApiClient.CodeAsync(refused, HttpStatusCode.Unauthorized));
        return said.StatusCode;
    }

    private static Task RunsAsync(ApiClient client, Guid id) => IsAsync(client, id, "running");

    private static Task IsAsync(ApiClient client, Guid id, string status) => Eventually.TrueAsync(
        async () => (await client.ReadAsync($"/api/cloud/instances/{id}")).GetProperty("status").GetString() == status, $"the computer to be {status}", TimeSpan.FromSeconds(120));

    private static async Task<List<long>> PagedAsync(ApiClient client, Guid id)
    {
        var found = new List<long>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await client.ReadAsync($"/api/cloud/instances/{id}/events?limit=3&cursor={cursor}");
            found.AddRange(page.GetProperty("data").EnumerateArray().Select(line => line.GetProperty("id").GetInt64()));
            cursor = page.GetProperty("next_cursor").GetString();
        }

        return found;
    }

    private static async Task<List<long>> StreamedAsync(ApiClient client, Guid id, long after, int count)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/cloud/instances/{id}/events");
        request.Headers.Add("Accept", "text/event-stream");
        request.Headers.Add("Last-Event-ID", $"{after}");
        using var answer = await client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var found = new List<long>();
        while (found.Count < count && await lines.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                using var data = JsonDocument.Parse(line[6..]);
                found.Add(data.RootElement.GetProperty("id").GetInt64());
            }
        }

        return found;
    }
}
