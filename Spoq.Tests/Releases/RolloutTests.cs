using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Spoq.Core.Instances;
using Spoq.Core.Releases;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Releases;
using Spoq.Tests.Support;

namespace Spoq.Tests.Releases;

/// <summary>Which computers are offered a new Conductor, and when no more are.</summary>
public sealed class RolloutTests(RolloutTests.Published fixture) : IClassFixture<RolloutTests.Published>
{
    private const string Artifact = "conductor-linux-amd64";

    [Fact]
    public void Cohorts_are_of_one_size_and_a_computer_stays_in_its_own()
    {
        var ids = Enumerable.Range(0, 20_000).Select(number => new Guid(number, 7, 7, [1, 2, 3, 4, 5, 6, 7, 8])).ToList();

        var sizes = ids.CountBy(Rollout.CohortOf).ToDictionary();

        Assert.Equal(Enumerable.Range(0, 100), sizes.Keys.Order());
        Assert.All(sizes.Values, size => Assert.InRange(size, 130, 280));

        // Written down: another number here would send every computer into another cohort.
        Assert.Equal(86, Rollout.CohortOf(Guid.Parse("01890a5d-ac96-774b-bcce-b302099a8057")));
    }

    [Theory]
    [InlineData("0.9.0", 100, false, true)]
    [InlineData("1.0.0", 100, false, false)]
    [InlineData("1.1.0", 100, false, false)]
    [InlineData("0.9.0", 0, false, false)]
    [InlineData("0.9.0", 100, true, false)]
    [InlineData("0.4.0", 0, true, true)]
    [InlineData("nonsense", 100, false, false)]
    public void An_offer_follows_the_rollout_unless_a_computer_is_too_old(string running, int rollout, bool hasFailed, bool isOffered)
    {
        var manifest = new ReleaseManifest("1.0.0", "0.5.0", "0.0.1", [new ReleaseArtifact(Artifact, "1.0.0", 1, "00")]) { Rollout = rollout };

        Assert.Equal(isOffered, Rollout.Offers(Guid.NewGuid(), ReleaseArtifact.Conductor, running, manifest, hasFailed));
    }

    [Fact]
    public async Task The_first_computer_that_has_to_go_back_stops_it_for_all_but_those_that_are_too_old()
    {
        var (first, token) = await ComputerAsync();
        var (second, _) = await ComputerAsync();
        var updates = fixture.Get<ConductorUpdates>();
        var before = await updates.OfferAsync(second, new UpdateAsk(Artifact, "0.9.0"), CancellationToken.None);
        Assert.Equal((Artifact, "1.0.0", "signed", false), (before!.Name, before.Version, before.Signature, before.IsForced));
        Assert.Null(await updates.OfferAsync(second, new UpdateAsk("conductor-linux-arm64", "0.9.0"), CancellationToken.None));
        Assert.Null(await updates.OfferAsync(second, new UpdateAsk("spoq-linux-amd64", "1.0.0"), CancellationToken.None));

        for (var beat = 0; beat < 2; beat++)
        {
            Assert.True(await fixture.Get<ServerReports>().HeartbeatAsync(
                first.Id, token, new ServerVitals("0.9.0", 1, 1, 1, 1, 1), new ServerNews([], new UpdateOutcome("1.0.0", false, fixture.Clock.Now)), CancellationToken.None));
        }

        await using var db = fixture.NewContext();
        Assert.Single(db.InstanceEvents, line => line.InstanceId == first.Id && line.Kind == "update_failed");
        Assert.Null(await updates.OfferAsync(second, new UpdateAsk(Artifact, "0.9.0"), CancellationToken.None));
        Assert.True((await updates.OfferAsync(second, new UpdateAsk(Artifact, "0.4.0"), CancellationToken.None))!.IsForced);
        Assert.Equal("spoq-linux-amd64", (await updates.OfferAsync(second, new UpdateAsk("spoq-linux-amd64", "0.9.0"), CancellationToken.None))!.Name);
    }

    private async Task<(Instance Instance, string Token)> ComputerAsync()
    {
        var name = $"u{Guid.NewGuid():n}"[..12];
        var token = ServerTokens.New();
        var instance = new Instance(Guid.CreateVersion7(), await fixture.AddAccountAsync(), name, $"{name}.localhost", "alice", "cloud", "local", "local", fixture.Clock.Now);
        instance.PhoneHome("0.9.0", ServerTokens.Hash(token), fixture.Clock.Now);
        await using var db = fixture.NewContext();
        db.Instances.Add(instance);
        await db.SaveChangesAsync();
        return (instance, token);
    }

    /// <summary>A folder that gives out Conductor 1.0.0 and wants 0.5.0 at least.</summary>
    public sealed class Published : DatabaseFixture
    {
        protected override void Configure(HostApplicationBuilder builder)
        {
            var folder = Path.Combine(DataDirectory, "binaries");
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "manifest.json"), JsonSerializer.Serialize(new
            {
                version = "1.0.0",
                min_conductor = "0.5.0",
                min_cli = "0.0.1",
                rollout = 100,
                artifacts = new[] { new { name = Artifact, version = "1.0.0", size = 1, sha256 = "00", signature = "signed" }, new { name = "spoq-linux-amd64", version = "1.0.0", size = 1, sha256 = "00", signature = "signed" } },
            }));
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Releases:Directory"] = folder });
        }
    }
}
