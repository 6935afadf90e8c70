using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Setup;

namespace Spoq.Tests.Instances.Setup;

public sealed class SetupDraftTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Each_answer_opens_the_next_step()
    {
        var draft = Draft();

        Assert.Equal(SetupStep.Address, draft.Step);
        Assert.Null(draft.SetAddress("alice"));
        Assert.Equal(SetupStep.Profile, draft.Step);
        Assert.Null(draft.SetProfile(Guid.CreateVersion7(), "alice"));
        Assert.Equal(SetupStep.Device, draft.Step);
        Assert.Null(draft.SetDevice(hasDevice: false));
        Assert.True(draft.DeviceSkipped);
        Assert.Null(draft.SetPlan("vps-1", BillingInterval.Month, "local"));
        Assert.Equal(SetupStep.Pay, draft.Step);
    }

    [Fact]
    public void A_step_whose_turn_has_not_come_is_refused()
    {
        var draft = Draft();

        Assert.Equal("step_not_open", draft.SetPlan("vps-1", BillingInterval.Month, "local")?.Code);
        Assert.Equal("step_not_open", draft.GoTo(SetupStep.Ready)?.Code);
        Assert.Equal(SetupStep.Address, draft.Step);
    }

    [Fact]
    public void Back_loses_nothing()
    {
        var draft = AtPay();

        for (var i = 0; i < 6; i++)
        {
            Assert.Null(draft.Back());
        }

        Assert.Equal(SetupStep.Address, draft.Step);
        Assert.Equal(("alice", "alice", "vps-1", "local"), (draft.Address, draft.Username, draft.Plan, draft.Region));
        Assert.Null(draft.GoTo(SetupStep.Pay));
    }

    [Fact]
    public void After_payment_nothing_can_be_changed()
    {
        var draft = AtPay();
        draft.Follow(InstanceState.Provisioning);

        Assert.Equal(SetupStep.Progress, draft.Step);
        Assert.Equal("already_paid", draft.SetAddress("bob-two")?.Code);
        Assert.Equal("already_paid", draft.Back()?.Code);
        draft.LoseAddress();
        Assert.Equal("alice", draft.Address);
    }

    [Theory]
    [InlineData(InstanceState.Provisioning, SetupStep.Progress)]
    [InlineData(InstanceState.Failed, SetupStep.Progress)]
    [InlineData(InstanceState.Cancelled, SetupStep.Progress)]
    [InlineData(InstanceState.Running, SetupStep.Ready)]
    [InlineData(InstanceState.Stopped, SetupStep.Ready)]
    [InlineData(InstanceState.Draft, SetupStep.Pay)]
    public void The_instance_says_where_the_wizard_is(InstanceState state, SetupStep step)
    {
        var draft = AtPay();

        draft.Follow(state);

        Assert.Equal(step, draft.Step);
    }

    [Fact]
    public void A_lost_address_sends_back_to_the_first_step_and_keeps_the_rest()
    {
        var draft = AtPay();

        draft.LoseAddress();
        Assert.Equal(SetupStep.Address, draft.Step);
        Assert.False(draft.CanGoTo(SetupStep.Pay));
        Assert.Null(draft.SetAddress("alice-hq"));
        Assert.True(draft.CanGoTo(SetupStep.Pay));
    }

    [Fact]
    public void The_instance_is_attached_once()
    {
        var draft = AtPay();
        var first = Guid.CreateVersion7();

        draft.Attach(first);
        draft.Attach(Guid.CreateVersion7());

        Assert.Equal(first, draft.InstanceId);
    }

    private static SetupDraft Draft() => new(Guid.CreateVersion7(), Guid.CreateVersion7(), s_noon);

    private static SetupDraft AtPay()
    {
        var draft = Draft();
        draft.SetAddress("alice");
        draft.SetProfile(Guid.CreateVersion7(), "alice");
        draft.SetDevice(hasDevice: true);
        draft.SetPlan("vps-1", BillingInterval.Month, "local");
        return draft;
    }
}
