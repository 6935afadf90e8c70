using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Spoq.Conductor;
using Spoq.Conductor.Access;
using Spoq.Core.Wire;
using Spoq.Tests.Access;

namespace Spoq.Tests.Conductor;

/// <summary>The keys that tokens are checked with, while the control plane is slow, away, or asked for too often.</summary>
public sealed class ControlPlaneKeysTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spoq-keys-").FullName;
    private readonly MovingClock _clock = new();
    private readonly Forge _forge = new();
    private readonly Door _door;

    public ControlPlaneKeysTests() => _door = new Door { Jwks = new Jwks([_forge.Jwk]) };

    [Fact]
    public async Task Fifty_tokens_at_once_cost_one_fetch_and_one_that_hangs_up_does_not_end_it()
    {
        _door.Hold = new TaskCompletionSource();
        var keys = NewKeys();
        using var impatient = new CancellationTokenSource();
        var left = keys.GetAsync(impatient.Token).AsTask();
        var waiting = Enumerable.Range(0, 50).Select(_ => keys.GetAsync(CancellationToken.None).AsTask()).ToList();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        _door.Hold.SetResult();

        Assert.All(await Task.WhenAll(waiting), Assert.NotNull);
        Assert.Equal(1, _door.Asked);
    }

    [Fact]
    public async Task Invented_key_ids_cost_one_fetch_in_five_seconds()
    {
        var keys = NewKeys();
        var held = (await keys.GetAsync(CancellationToken.None))!;
        _clock.Advance(TimeSpan.FromSeconds(6));
        for (var i = 0; i < 20; i++)
        {
            held = await keys.RefreshAsync(held, CancellationToken.None) ?? held;
        }

        Assert.Equal(2, _door.Asked);
        _clock.Advance(TimeSpan.FromSeconds(6));
        await keys.RefreshAsync(held, CancellationToken.None);
        Assert.Equal(3, _door.Asked);
    }

    [Fact]
    public async Task They_are_good_for_a_day_without_the_control_plane_also_after_a_restart_and_not_longer()
    {
        Assert.NotNull(await NewKeys().GetAsync(CancellationToken.None));
        _door.IsAway = true;
        _clock.Advance(TimeSpan.FromHours(23));

        Assert.NotNull(await NewKeys().GetAsync(CancellationToken.None));
        _clock.Advance(TimeSpan.FromHours(2));
        Assert.Null(await NewKeys().GetAsync(CancellationToken.None));

        _door.IsAway = false;
        Assert.NotNull(await NewKeys().GetAsync(CancellationToken.None));
    }

    [Fact]
    public async Task What_was_kept_by_a_clock_that_ran_ahead_is_not_believed()
    {
        Assert.NotNull(await NewKeys().GetAsync(CancellationToken.None));
        _door.IsAway = true;
        _clock.Advance(TimeSpan.FromHours(-3));

        Assert.Null(await NewKeys().GetAsync(CancellationToken.None));
    }

    public void Dispose()
    {
        _forge.Dispose();
        _door.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private ControlPlaneKeys NewKeys()
    {
        Assert.True(DataDirectory.TryOpen(_folder, out var data, out _));
        return new ControlPlaneKeys(Configs.Of(_folder), data, new HttpClient(_door, disposeHandler: false), _clock, NullLogger<ControlPlaneKeys>.Instance);
    }

    /// <summary>The time of day and the time that passes move together, when told.</summary>
    private sealed class MovingClock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Advance(TimeSpan by) => _now += by;

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => _now.UtcTicks;
    }

    private sealed class Door : HttpMessageHandler
    {
        private int _asked;

        public required Jwks Jwks { get; init; }

        public bool IsAway { get; set; }

        public TaskCompletionSource? Hold { get; set; }

        public int Asked => _asked;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            await (Hold?.Task ?? Task.CompletedTask);
            return IsAway ? throw new HttpRequestException("Nobody answers.") : new HttpResponseMessage(HttpStatusCode.OK) { Content = JsonContent.Create(Jwks, WireJson.Default.Jwks) };
        }
    }
}
