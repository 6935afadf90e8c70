using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Provisioning;

/// <summary>Two certificates a week here: the line for more than that.</summary>
public sealed class CertificateQueueTests(CertificateQueueTests.Fixture world) : IClassFixture<CertificateQueueTests.Fixture>
{
    private CertificateQueue Queue => world.Get<CertificateQueue>();

    [Fact]
    public async Task The_week_is_held_in_turn_a_turn_is_kept_and_who_gave_up_is_not_waited_for()
    {
        world.Clock.Advance(TimeSpan.FromDays(30));
        var line = new List<Instance>();
        for (var i = 0; i < 5; i++)
        {
            line.Add(await PaidAsync());
            world.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Null(await TakeAsync(line[0]));
        world.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Null(await TakeAsync(line[1]));
        Assert.Null(await TakeAsync(line[0]));
        var third = Assert.IsType<StepOutcome.NotYet>(await TakeAsync(line[2]));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(await TakeAsync(line[3]));
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(await TakeAsync(line[4]));
        Assert.True(third.IsInLine);
        Assert.Contains("2 new certificates a week", third.Reason, StringComparison.Ordinal);

        await GiveUpAsync(line[2]);
        world.Clock.Advance(TimeSpan.FromDays(6));

        // One is free again: it is whose turn it is who gets it, whoever asks first.
        Assert.NotNull(await TakeAsync(line[4]));
        Assert.Null(await TakeAsync(line[3]));
        Assert.NotNull(await TakeAsync(line[4]));
        world.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Null(await TakeAsync(line[4]));
    }

    [Fact]
    public async Task Twenty_at_once_take_what_there_is_and_no_more()
    {
        world.Clock.Advance(TimeSpan.FromDays(30));
        var line = new List<Instance>();
        for (var i = 0; i < 20; i++)
        {
            line.Add(await PaidAsync());
        }

        var outcomes = await Task.WhenAll(line.Select(TakeAsync));

        Assert.Equal(2, outcomes.Count(outcome => outcome is null));
        foreach (var instance in line)
        {
            await GiveUpAsync(instance);
        }
    }

    [Fact]
    public void Standing_in_line_is_not_being_late()
    {
        var now = new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
        var visit = new Visit(Road.Create, Step.ConfigureDns, now, 0, now);

        var move = ProvisioningPlan.After(visit, new StepOutcome.NotYet(TimeSpan.FromMinutes(10), "In line.") { IsInLine = true }, now, 0);

        Assert.Equal((MoveKind.Wait, now.AddMinutes(10), now.AddMinutes(10)), (move.Kind, move.DueAt, move.Deadline));
    }

    private Task<StepOutcome?> TakeAsync(Instance instance) => Queue.TakeAsync(instance, CancellationToken.None);

    private async Task<Instance> PaidAsync()
    {
        var name = $"c{Guid.NewGuid():n}"[..12];
        var instance = new Instance(Guid.CreateVersion7(), await world.AddAccountAsync(), name, $"{name}.spoq.example", "alice", "cloud", "here", "scripted", world.Clock.Now);
        Assert.Null(instance.Begin(world.Clock.Now));
        await using var db = world.NewContext();
        db.Add(instance);
        await db.SaveChangesAsync();
        return instance;
    }

    private async Task GiveUpAsync(Instance instance)
    {
        await using var db = world.NewContext();
        Assert.Null((await db.Instances.FindAsync(instance.Id))!.RequestCancel(world.Clock.Now));
        await db.SaveChangesAsync();
    }

    public sealed class Fixture : DatabaseFixture
    {
        protected override void Configure(HostApplicationBuilder builder) =>
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Provisioning:CertificatesPerWeek"] = "2" });
    }
}
