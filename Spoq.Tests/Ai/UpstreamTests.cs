using Microsoft.Extensions.Configuration;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Upstreams;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ai;

/// <summary>How upstreams are configured, and when one is left alone.</summary>
public sealed class UpstreamTests
{
    [Theory]
    [InlineData("Input", "1.25", "Ai__Upstreams__0__Models__0__Output is missing")]
    [InlineData("Output", "10", "Ai__Upstreams__0__Models__0__Input is missing")]
    [InlineData("CachedInput", "1", "Ai__Upstreams__0__Models__0__Input is missing, but CachedInput is set")]
    [InlineData("Kind", "pictures", "Ai__Upstreams__0__Models__0__Kind is 'pictures'")]
    public void Half_a_price_stops_the_start_and_is_named(string setting, string value, string said)
    {
        var no = Assert.Throws<InvalidOperationException>(() => Read("openai", (setting, value)));

        Assert.StartsWith(said, no.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_makes_no_text_needs_no_price_for_it_and_is_asked_for_nothing_else()
    {
        var upstream = Read("openai", ("Kind", "embeddings"), ("Input", "0.02"));
        using var models = new ModelCatalogue([new Upstream(upstream, new SocketsHttpHandler(), TimeProvider.System)]);
        var model = models.Find("m")!;

        Assert.Equal((20_000L, 0L), (model.Price!.Input, model.Price.Output));
        Assert.True(model.Offers(AiOperation.Embedding));
        Assert.False(model.Offers(AiOperation.Chat) || model.Offers(AiOperation.Completion) || model.Offers(AiOperation.Message));
    }

    [Fact]
    public void Prices_of_the_cache_are_those_of_input_or_anthropics_terms()
    {
        var open = Read("openai", ("Input", "2"), ("Output", "8")).Models[0].Price!;
        var anthropic = Read("anthropic", ("Input", "3"), ("Output", "15")).Models[0].Price!;
        var said = Read("anthropic", ("Input", "3"), ("Output", "15"), ("CachedInput", "0.3"), ("CacheWrite", "4"), ("CacheWriteForHour", "5")).Models[0].Price!;

        Assert.Equal((2_000_000, 2_000_000, 2_000_000), (open.CachedInput, open.CacheWrite, open.CacheWriteForHour));
        Assert.Equal((3_000_000, 3_750_000, 6_000_000), (anthropic.CachedInput, anthropic.CacheWrite, anthropic.CacheWriteForHour));
        Assert.Equal((300_000, 4_000_000, 5_000_000), (said.CachedInput, said.CacheWrite, said.CacheWriteForHour));
    }

    [Fact]
    public void Many_that_fail_at_the_same_moment_are_one_finding()
    {
        var clock = new TestClock();
        var breaker = new Breaker(clock, patience: 5);
        for (var i = 0; i < 200; i++)
        {
            breaker.Bad(foundOut: false);
        }

        Assert.Equal(TimeSpan.FromSeconds(1), breaker.Wait(out _));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(breaker.Wait(out var findsOut));
        Assert.True(findsOut);
        Assert.NotNull(breaker.Wait(out findsOut));
        Assert.False(findsOut);
        breaker.Bad(foundOut: false);
        breaker.Bad(foundOut: true);
        Assert.Equal(TimeSpan.FromSeconds(2), breaker.Wait(out _));
    }

    [Fact]
    public void Who_was_to_find_out_and_was_called_off_leaves_it_to_the_next()
    {
        var clock = new TestClock();
        var breaker = new Breaker(clock, patience: 1);
        breaker.Bad(foundOut: false);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(breaker.Wait(out _));
        breaker.Unknown(wasToFindOut: false);
        Assert.NotNull(breaker.Wait(out _));
        breaker.Unknown(wasToFindOut: true);
        Assert.Null(breaker.Wait(out var findsOut));
        Assert.True(findsOut);
        breaker.Good();
        Assert.Null(breaker.Wait(out findsOut));
        Assert.False(findsOut);
    }

    private static UpstreamOptions Read(string kind, params (string Name, string Value)[] model)
    {
        var settings = new Dictionary<string, string?> { ["Ai:Upstreams:0:Kind"] = kind, ["Ai:Upstreams:0:Models:0:Name"] = "m" };
        foreach (var (name, value) in model)
        {
            settings[$"Ai:Upstreams:0:Models:0:{name}"] = value;
        }

        return UpstreamReading.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()).Single();
    }
}
