using Spoq.Core;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;

namespace Spoq.Tests.Instances.Provisioning;

public sealed class InstanceTransitionTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_second_payment_notice_changes_nothing()
    {
        var instance = Draft();

        Assert.Null(instance.Begin(s_noon));
        Assert.Equal("already_begun", instance.Begin(s_noon.AddMinutes(1))!.Code);
        Assert.Equal(s_noon, instance.PaidAt);
    }

    [Fact]
    public void A_draft_refuses_everything_but_payment()
    {
        var instance = Draft();

        Assert.All(
            new Func<Refusal?>[] { () => instance.RequestStart(s_noon), () => instance.RequestStop(s_noon), () => instance.RequestRestart(s_noon), () => instance.RequestCancel(s_noon), () => instance.RequestDelete(s_noon) },
            ask => Assert.Equal("not_paid", ask()!.Code));
        Assert.Null(instance.DueAt);
    }

    [Fact]
    public void A_failed_purchase_waits_half_an_hour_for_a_choice_and_retries_where_it_stopped()
    {
        var instance = Draft();
        instance.Begin(s_noon);
        instance.Take(new Move(MoveKind.Advance, Step.CreateServer, 0, s_noon, s_noon.AddMinutes(6)), s_noon, 0);
        instance.Take(new Move(MoveKind.GiveUp, Step.CreateServer, 6, s_noon, s_noon.AddMinutes(6)) { ErrorCode = "x", ErrorMessage = "X." }, s_noon, 0);

        Assert.Equal((InstanceState.Failed, s_noon.AddMinutes(30)), (instance.State, instance.DueAt));
        Assert.Null(instance.Retry(s_noon.AddMinutes(1)));
        Assert.Equal((InstanceState.Provisioning, Step.CreateServer, 0), (instance.State, instance.Step, instance.Attempts));
        Assert.Null(instance.ErrorMessage);
    }

    [Fact]
    public void Only_what_was_never_delivered_can_be_cancelled_with_a_refund()
    {
        var instance = Running();

        Assert.Equal("was_ready", instance.RequestCancel(s_noon)!.Code);
        Assert.Null(instance.RequestDelete(s_noon));
        Assert.Equal("gone", instance.RequestStop(s_noon)!.Code);
    }

    [Fact]
    public void A_removal_that_fails_for_ever_does_not_fill_the_story()
    {
        var instance = Draft();
        instance.Begin(s_noon);
        instance.RequestCancel(s_noon);
        var told = 0;
        for (var tries = 0; tries < 200; tries++)
        {
            told += Fail(instance, "The provider is away.").Count;
        }

        Assert.InRange(told, 1, StepLimits.Of(instance.Step!.Value).Attempts);
        Assert.Equal("Another reason. We try again.", Assert.Single(Fail(instance, "Another reason.")).Message);
    }

    [Fact]
    public void The_story_only_moves_forward_and_reaches_all_of_it()
    {
        var instance = Draft();
        instance.Begin(s_noon);
        var percents = new List<int>();
        foreach (var step in Road.Create.Steps())
        {
            var story = Story.Of(instance, []);
            percents.Add(story.Percent);
            Assert.Equal(StoryMark.Active, story.Steps.Single(line => line.Step == step).Mark);
            instance.Take(Next(instance), s_noon, 0);
        }

        Assert.Equal(percents.Order(), percents);
        Assert.Equal(100, Story.Of(instance, []).Percent);
        Assert.Equal(InstanceState.Running, instance.State);
        Assert.InRange(instance.DueAt!.Value - s_noon, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(60));
    }

    private static Move Next(Instance instance) =>
        ProvisioningPlan.After(new Visit(instance.Road!.Value, instance.Step!.Value, instance.StepDeadline!.Value, 0, s_noon), new StepOutcome.Done(), s_noon, 0);

    private static IReadOnlyList<Happening> Fail(Instance instance, string message)
    {
        var visit = new Visit(instance.Road!.Value, instance.Step!.Value, instance.StepDeadline!.Value, instance.Attempts, s_noon);
        var move = ProvisioningPlan.After(visit, new StepOutcome.Failed("x", message), s_noon, 0);
        var lines = Happening.Of(instance, move);
        instance.Take(move, s_noon, 0);
        return lines;
    }

    private static Instance Running()
    {
        var instance = Draft();
        instance.Begin(s_noon);
        while (instance.Road is not null)
        {
            instance.Take(Next(instance), s_noon, 0);
        }

        return instance;
    }

    private static Instance Draft() =>
        new(Guid.CreateVersion7(), Guid.CreateVersion7(), "alice", "alice.localhost", "alice", "starter", "local", "local", s_noon);
}
