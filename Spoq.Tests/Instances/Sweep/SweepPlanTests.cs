using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Instances.Sweep;

namespace Spoq.Tests.Instances.Sweep;

public sealed class SweepPlanTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_mark_without_a_row_is_reported_and_never_ended_however_old()
    {
        var facts = new SweepFacts(null, null, IsSpare: false, OwnIsListed: false, FirstSeenAt: s_noon.AddYears(-1));

        Assert.Equal(SweepVerdict.Report, SweepPlan.Of(Listed("a", Guid.NewGuid()), facts, s_noon));
        Assert.Equal(SweepVerdict.Report, SweepPlan.Of(Listed("a", null), facts, s_noon));
    }

    [Fact]
    public void An_order_without_an_answer_is_adopted_once_it_cannot_be_under_way_any_more()
    {
        var instance = NewInstance();
        var order = new ProviderServer(Guid.NewGuid(), instance.Id, instance.ServerMark, "scripted", instance.Plan, s_noon);
        var facts = new SweepFacts(instance, order, false, false, null);

        Assert.Equal(SweepVerdict.Ours, SweepPlan.Of(Listed("a", instance.Id), facts, s_noon.AddMinutes(4)));
        Assert.Equal(SweepVerdict.Adopt, SweepPlan.Of(Listed("a", instance.Id), facts, s_noon.AddMinutes(5)));
    }

    [Fact]
    public void A_double_ends_only_beside_the_instances_own_server_and_only_after_an_hour()
    {
        var instance = NewInstance();
        var order = new ProviderServer(Guid.NewGuid(), instance.Id, instance.ServerMark, "scripted", instance.Plan, s_noon);
        order.Answer("own", s_noon);
        var facts = new SweepFacts(instance, order, false, OwnIsListed: true, FirstSeenAt: s_noon);

        Assert.Equal(SweepVerdict.Ours, SweepPlan.Of(Listed("own", instance.Id), facts, s_noon));
        Assert.Equal(SweepVerdict.Report, SweepPlan.Of(Listed("two", instance.Id), facts, s_noon.AddMinutes(59)));
        Assert.Equal(SweepVerdict.EndDouble, SweepPlan.Of(Listed("two", instance.Id), facts, s_noon.AddHours(1)));
        Assert.Equal(SweepVerdict.Report, SweepPlan.Of(Listed("two", instance.Id), facts with { OwnIsListed = false }, s_noon.AddHours(9)));
    }

    [Fact]
    public void A_list_that_lacks_most_servers_is_not_believed()
    {
        Assert.True(SweepPlan.IsBelievable(known: 3, missing: 3));
        Assert.True(SweepPlan.IsBelievable(known: 10, missing: 4));
        Assert.False(SweepPlan.IsBelievable(known: 10, missing: 5));
    }

    private static Instance NewInstance()
    {
        var instance = new Instance(Guid.NewGuid(), Guid.NewGuid(), "alice", "alice.localhost", "alice", "cloud", "local", "scripted", s_noon);
        instance.Begin(s_noon);
        Assert.Equal(Road.Create, instance.Road);
        return instance;
    }

    private static ListedServer Listed(string reference, Guid? instanceId) => new(reference, instanceId, "spoq", ServerPower.Running);
}
