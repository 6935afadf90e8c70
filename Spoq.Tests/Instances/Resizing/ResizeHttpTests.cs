using System.Net;
using System.Text.Json;
using Spoq.Tests.Stories;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Resizing;

/// <summary>Another size, by a program that only speaks JSON.</summary>
public sealed class ResizeHttpTests(StoryServer fixture) : IClassFixture<StoryServer>
{
    [Fact]
    public async Task A_computer_changes_its_size_and_its_price_and_only_for_its_owner()
    {
        using var owner = await ApiClient.SignedUpAsync(fixture.Server);
        using var draft = await owner.PostAsync("/api/cloud/instances", new { address = $"z{Guid.NewGuid():n}"[..14], plan = "vps-1" });
        var order = await ApiClient.JsonAsync(draft, HttpStatusCode.Created);
        var id = order.GetProperty("id").GetGuid();
        var resize = $"/api/cloud/instances/{id}/resize";
        using var unpaid = await owner.PostAsync(resize, new { plan = "vps-2" });
        Assert.Equal("not_paid", await ApiClient.CodeAsync(unpaid, HttpStatusCode.Conflict));
        await owner.PayAsync(order);
        await IsAsync(owner, id, "running");
        await RefusesOthersAsync(owner, id);

        var sizes = await owner.ReadAsync(resize);
        Assert.Equal(("vps-1", JsonValueKind.Null), (sizes.GetProperty("plan").GetString(), sizes.GetProperty("refusal").ValueKind));
        Assert.Equal([2000L, 2600, 4200, 8000], sizes.GetProperty("sizes").EnumerateArray().Select(size => size.GetProperty("amount").GetInt64()));
        Assert.Equal(600, sizes.GetProperty("sizes")[1].GetProperty("difference").GetInt64());
        using var same = await owner.PostAsync(resize, new { plan = "vps-1" });
        Assert.Equal("same_size", await ApiClient.CodeAsync(same, HttpStatusCode.UnprocessableEntity));
        using var unknown = await owner.PostAsync(resize, new { });
        Assert.Equal("unknown_plan", await ApiClient.CodeAsync(unknown, HttpStatusCode.UnprocessableEntity));

        var key = Guid.NewGuid().ToString();
        using var asked = await owner.PostAsync(resize, new { plan = "vps-2" }, key);
        Assert.Equal("vps-2", (await ApiClient.JsonAsync(asked, HttpStatusCode.Accepted)).GetProperty("next_plan").GetString());
        using var again = await owner.PostAsync(resize, new { plan = "vps-2" }, key);
        Assert.True(again.StatusCode == HttpStatusCode.Accepted && again.Headers.Contains("Idempotent-Replayed"));
        await IsAsync(owner, id, "running");

        var after = await owner.ReadAsync($"/api/cloud/instances/{id}");
        Assert.Equal(("vps-2", JsonValueKind.Null), (after.GetProperty("plan").GetString(), after.GetProperty("next_plan").ValueKind));
        Assert.Equal("vps-2", (await owner.ReadAsync("/v1/billing/subscription")).GetProperty("plan").GetString());
        var kinds = (await owner.ReadAsync($"/api/cloud/instances/{id}/events?limit=100")).GetProperty("data").EnumerateArray().Select(line => line.GetProperty("kind").GetString());
        Assert.Single(kinds, kind => kind == "resize_requested");
        using var smaller = await owner.PostAsync(resize, new { plan = "vps-1" });
        Assert.Equal(HttpStatusCode.Accepted, smaller.StatusCode);
        await IsAsync(owner, id, "running");
    }

    private async Task RefusesOthersAsync(ApiClient owner, Guid id)
    {
        var resize = $"/api/cloud/instances/{id}/resize";
        using var nobody = new ApiClient(fixture.Server);
        using var stranger = await ApiClient.SignedUpAsync(fixture.Server);
        using var member = await ApiClient.SignedUpAsync(fixture.Server);
        using var invited = await owner.PostAsync($"/api/cloud/instances/{id}/members", new { email = member.Email, role = "operator" });
        Assert.Equal(HttpStatusCode.Created, invited.StatusCode);
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Post])
        {
            var body = method == HttpMethod.Post ? new { plan = "vps-2" } : null;
            using var unknown = await nobody.SendAsync(method, resize, body);
            Assert.Equal(HttpStatusCode.Unauthorized, unknown.StatusCode);
            using var foreign = await stranger.SendAsync(method, resize, body);
            Assert.Equal("instance_not_found", await ApiClient.CodeAsync(foreign, HttpStatusCode.NotFound));
            using var other = await member.SendAsync(method, resize, body);
            Assert.Equal("owner_only", await ApiClient.CodeAsync(other, HttpStatusCode.Forbidden));
        }

        Assert.Equal("running", (await owner.ReadAsync($"/api/cloud/instances/{id}")).GetProperty("status").GetString());
    }

    private static Task IsAsync(ApiClient client, Guid id, string status) => Eventually.TrueAsync(
        async () => (await client.ReadAsync($"/api/cloud/instances/{id}")).GetProperty("status").GetString() == status, $"the computer to be {status}", TimeSpan.FromSeconds(120));
}
