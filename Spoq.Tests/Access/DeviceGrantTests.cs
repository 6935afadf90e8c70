using System.Net;
using Spoq.Core.Access;

namespace Spoq.Tests.Access;

public sealed class DeviceGrantTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid s_alice = Guid.NewGuid();

    [Fact]
    public void Who_polls_too_soon_is_told_to_slow_down_by_five_seconds_each_time()
    {
        var grant = New();

        Assert.Equal(DevicePoll.Pending, grant.Poll(At(0)));
        Assert.Equal(DevicePoll.SlowDown, grant.Poll(At(4.9)));
        Assert.Equal(DevicePoll.SlowDown, grant.Poll(At(14)));
        Assert.Equal(TimeSpan.FromSeconds(15), grant.Interval);
        Assert.Equal(DevicePoll.Pending, grant.Poll(At(29)));
    }

    [Fact]
    public void What_was_approved_is_delivered_at_the_next_poll_however_fast_it_comes()
    {
        var grant = New();
        grant.Poll(At(0));
        grant.Poll(At(0.1));

        Assert.Null(grant.Approve(s_alice, At(0.2)));

        Assert.Equal(DevicePoll.Deliver, grant.Poll(At(0.3)));
    }

    [Fact]
    public void Delivered_once_it_is_spent_for_a_moment_and_then_reused()
    {
        var grant = New();
        grant.Approve(s_alice, At(10));
        grant.Deliver(Guid.NewGuid(), At(11));

        Assert.Equal(DevicePoll.Spent, grant.Poll(At(11.5)));
        Assert.Equal(DevicePoll.Reused, grant.Poll(At(16)));
        Assert.Throws<InvalidOperationException>(() => grant.Deliver(Guid.NewGuid(), At(17)));
    }

    [Fact]
    public void After_ten_minutes_nobody_can_approve_and_the_machine_is_told()
    {
        var grant = New();

        Assert.Equal(DevicePoll.Expired, grant.Poll(At(600)));
        Assert.Equal(DeviceAccessRefusals.Expired, grant.Approve(s_alice, At(600)));
    }

    [Fact]
    public void Approved_at_the_last_second_it_can_still_be_fetched_for_a_minute()
    {
        var grant = New();

        Assert.Null(grant.Approve(s_alice, At(599)));

        Assert.Equal(DevicePoll.Deliver, grant.Poll(At(658)));
        Assert.Equal(DevicePoll.Expired, grant.Poll(At(659)));
    }

    [Fact]
    public void A_decision_stands()
    {
        var denied = New();
        Assert.Null(denied.Deny(s_alice, At(5)));
        Assert.Equal(DeviceAccessRefusals.Decided, denied.Approve(s_alice, At(6)));
        Assert.Equal(DevicePoll.Denied, denied.Poll(At(7)));

        var approved = New();
        Assert.Null(approved.Approve(s_alice, At(5)));
        Assert.Equal(DeviceAccessRefusals.Decided, approved.Approve(Guid.NewGuid(), At(6)));
        Assert.Equal(s_alice, approved.AccountId);
    }

    [Theory]
    [InlineData(" Alice's laptop ", "Alice's laptop")]
    [InlineData("a\r\nb\u202ec\u200bd", "abcd")]
    [InlineData("\u0001\u2028 ", null)]
    [InlineData(null, null)]
    public void What_a_machine_calls_itself_is_made_fit_to_be_shown(string? said, string? shown) => Assert.Equal(shown, DeviceAsker.ReadMachine(said));

    private static DeviceGrant New() => new(Guid.NewGuid(), [1], "BLUE-FISH-TREE", new DeviceAsker("spoq-cli", "Spoq command line", "laptop", "account", IPAddress.Loopback), s_noon);

    private static DateTimeOffset At(double seconds) => s_noon.AddSeconds(seconds);
}
