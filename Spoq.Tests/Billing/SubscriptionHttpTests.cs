using System.Net;
using System.Text.Json;
using Spoq.Tests.Support;

namespace Spoq.Tests.Billing;

/// <summary>Cancelling and resuming as a program does it.</summary>
public sealed class SubscriptionHttpTests
{
    [Fact]
    public async Task A_program_cancels_reads_every_date_and_resumes()
    {
        var server = await SpoqServer.SharedAsync();
        using var client = await ApiClient.SignedUpAsync(server);
        using var nothing = await client.PostAsync("/v1/billing/cancel");
        Assert.Equal("no_subscription", await ApiClient.CodeAsync(nothing, HttpStatusCode.NotFound));
        var id = await client.GetComputerAsync();

        using var odd = await client.PostAsync("/v1/billing/cancel", new { when = "tomorrow" });
        Assert.Equal("unknown_when", await ApiClient.CodeAsync(odd, HttpStatusCode.UnprocessableEntity));
        using var later = await client.PostAsync("/v1/billing/cancel", new { when = "period_end", instance_id = id });
        var pending = await ApiClient.JsonAsync(later, HttpStatusCode.OK);
        Assert.Equal(("active", true), (pending.GetProperty("status").GetString(), pending.GetProperty("cancel_at_period_end").GetBoolean()));
        Assert.Equal(Time(pending, "current_period_end").AddDays(7), Time(pending, "pauses_at"));

        using var now = await client.PostAsync("/v1/billing/cancel");
        var cancelled = await ApiClient.JsonAsync(now, HttpStatusCode.OK);
        Assert.Equal(("cancelled", "cancelled"), (cancelled.GetProperty("status").GetString(), cancelled.GetProperty("end_reason").GetString()));
        Assert.Equal(Time(cancelled, "ended_at").AddDays(7), Time(cancelled, "pauses_at"));
        Assert.Equal(Time(cancelled, "ended_at").AddDays(37), Time(cancelled, "terminates_at"));
        using var again = await client.PostAsync("/v1/billing/cancel");
        Assert.Equal("already_cancelled", await ApiClient.CodeAsync(again, HttpStatusCode.Conflict));
        Assert.Equal("cancelled", (await client.ReadAsync("/v1/billing/subscription")).GetProperty("status").GetString());

        using var resumed = await client.PostAsync("/v1/billing/resume");
        var active = await ApiClient.JsonAsync(resumed, HttpStatusCode.OK);
        Assert.Equal("active", active.GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, active.GetProperty("terminates_at").ValueKind);
        using var twice = await client.PostAsync("/v1/billing/resume");
        Assert.Equal("not_cancelled", await ApiClient.CodeAsync(twice, HttpStatusCode.Conflict));

        using var stranger = await ApiClient.SignedUpAsync(server);
        using var foreign = await stranger.PostAsync("/v1/billing/cancel", new { instance_id = id });
        Assert.Equal("no_subscription", await ApiClient.CodeAsync(foreign, HttpStatusCode.NotFound));
    }

    private static DateTimeOffset Time(JsonElement answer, string name) => answer.GetProperty(name).GetDateTimeOffset();
}
