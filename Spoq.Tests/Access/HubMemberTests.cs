using System.Net;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

public sealed class HubMemberTests
{
    [Fact]
    public async Task A_member_hears_of_the_computer_until_they_are_let_out()
    {
        var server = await SpoqServer.SharedAsync();
        using var owner = await ApiClient.SignedUpAsync(server);
        using var member = await ApiClient.SignedUpAsync(server);
        var id = (await owner.OrderAsync()).GetProperty("id").GetGuid();
        await using var mine = await HubLine.OpenAsync(server.BaseUrl, "/hubs/instances", owner.Token!);
        await using var theirs = await HubLine.OpenAsync(server.BaseUrl, "/hubs/instances", member.Token!);
        await mine.CallAsync("Subscribe", [id]);
        Assert.Contains("not_found", await theirs.CallAsync("Subscribe", [id]), StringComparison.Ordinal);

        var memberId = await InviteAsync(owner, id, member.Email);
        await mine.HearAsync("InstanceChanged");
        Assert.DoesNotContain("error", await theirs.CallAsync("Subscribe", [id]), StringComparison.Ordinal);
        Assert.Contains("InstanceChanged", theirs.Heard);
        await InviteAsync(owner, id, $"{Guid.NewGuid():n}@example.com");
        await theirs.HearAsync("InstanceChanged");
        await mine.HearAsync("InstanceChanged");

        using var removed = await owner.DeleteAsync($"/api/cloud/instances/{id}/members/{memberId}");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await mine.HearAsync("InstanceChanged");
        theirs.Heard.Clear();
        for (var i = 0; i < 3; i++)
        {
            await InviteAsync(owner, id, $"{Guid.NewGuid():n}@example.com");
            await mine.HearAsync("InstanceChanged");
        }

        Assert.Contains("not_found", await theirs.CallAsync("Subscribe", [id]), StringComparison.Ordinal);
        Assert.Empty(theirs.Heard);
    }

    private static async Task<Guid> InviteAsync(ApiClient owner, Guid instanceId, string email)
    {
        using var invited = await owner.PostAsync($"/api/cloud/instances/{instanceId}/members", new { email, role = "viewer" });
        return (await ApiClient.JsonAsync(invited, HttpStatusCode.Created)).GetProperty("id").GetGuid();
    }
}
