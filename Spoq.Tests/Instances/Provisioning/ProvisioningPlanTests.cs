using Spoq.Core.Instances.Provisioning;

namespace Spoq.Tests.Instances.Provisioning;

public sealed class ProvisioningPlanTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset s_deadline = s_noon.AddMinutes(6);

    [Fact]
    public void A_provider_that_says_wait_costs_no_attempt()
    {
        var move = After(new StepOutcome.NotYet(TimeSpan.FromSeconds(30), "Busy."), attempts: 3);

        Assert.Equal(new Move(MoveKind.Wait, Step.CreateServer, 3, s_noon.AddSeconds(30), s_deadline) { Reason = "Busy." }, move);
    }

    [Fact]
    public void A_wait_never_reaches_past_the_deadline()
    {
        var move = After(new StepOutcome.NotYet(TimeSpan.FromHours(1), "Busy."));

        Assert.Equal(s_deadline, move.DueAt);
    }

    [Fact]
    public void A_wait_at_the_deadline_is_given_up()
    {
        var visit = Visit() with { DueAt = s_deadline };

        var move = ProvisioningPlan.After(visit, new StepOutcome.NotYet(TimeSpan.FromSeconds(1), "Busy."), s_deadline, 0);

        Assert.Equal(MoveKind.GiveUp, move.Kind);
        Assert.Equal("deadline", move.ErrorCode);
    }

    [Fact]
    public void Time_that_nobody_looked_does_not_count()
    {
        var move = ProvisioningPlan.After(Visit(), new StepOutcome.NotYet(TimeSpan.FromSeconds(1), "Busy."), s_noon.AddHours(1), 0);

        Assert.Equal(MoveKind.Wait, move.Kind);
        Assert.Equal(s_deadline.AddHours(1), move.Deadline);
    }

    [Theory]
    [InlineData(0, 0.0, 500)]
    [InlineData(0, 1.0, 1000)]
    [InlineData(3, 1.0, 8000)]
    public void Failures_back_off_with_jitter(int attempts, double jitter, int milliseconds)
    {
        var move = ProvisioningPlan.After(Visit() with { Attempts = attempts }, new StepOutcome.Failed("x", "X."), s_noon, jitter);

        Assert.Equal(MoveKind.TryAgain, move.Kind);
        Assert.Equal(attempts + 1, move.Attempts);
        Assert.Equal(s_noon.AddMilliseconds(milliseconds), move.DueAt);
    }

    [Fact]
    public void The_last_attempt_gives_up_with_the_reason()
    {
        var last = StepLimits.Of(Step.CreateServer).Attempts - 1;

        var move = After(new StepOutcome.Failed("sold_out", "Sold out."), last);

        Assert.Equal((MoveKind.GiveUp, "sold_out", "Sold out."), (move.Kind, move.ErrorCode, move.ErrorMessage));
    }

    [Fact]
    public void A_permanent_failure_gives_up_at_once() =>
        Assert.Equal(MoveKind.GiveUp, After(new StepOutcome.FailedForGood("refused", "Refused.")).Kind);

    [Fact]
    public void A_removal_is_never_given_up()
    {
        var visit = new Visit(Road.Cancel, Step.DeleteServer, s_deadline, 99, s_noon);

        var move = ProvisioningPlan.After(visit, new StepOutcome.FailedForGood("refused", "Refused."), s_noon, 0);

        Assert.Equal((MoveKind.TryAgain, s_noon + ProvisioningPlan.StubbornRetry), (move.Kind, move.DueAt));
    }

    [Fact]
    public void Done_leads_to_the_next_step_with_limits_of_its_own()
    {
        var move = After(new StepOutcome.Done(), attempts: 4);

        Assert.Equal(new Move(MoveKind.Advance, Step.AwaitServer, 0, s_noon, ProvisioningPlan.DeadlineOf(Step.AwaitServer, s_noon)), move);
    }

    [Fact]
    public void Every_road_arrives_and_every_step_has_words()
    {
        foreach (var road in Enum.GetValues<Road>())
        {
            var last = road.Steps()[^1];
            var move = ProvisioningPlan.After(new Visit(road, last, s_deadline, 0, s_noon), new StepOutcome.Done(), s_noon, 0);

            Assert.Equal(MoveKind.Arrive, move.Kind);
            Assert.All(road.Steps(), step => Assert.All([step.Title(), step.Doing(), step.Finished()], Assert.NotEmpty));
        }
    }

    [Fact]
    public void The_road_to_ready_ends_within_half_an_hour_or_fails() =>
        Assert.True(Road.Create.Steps().Sum(step => StepLimits.Of(step).Deadline.TotalMinutes) <= 30);

    private static Visit Visit() => new(Road.Create, Step.CreateServer, s_deadline, 0, s_noon);

    private static Move After(StepOutcome outcome, int attempts = 0) => ProvisioningPlan.After(Visit() with { Attempts = attempts }, outcome, s_noon, 0);
}
