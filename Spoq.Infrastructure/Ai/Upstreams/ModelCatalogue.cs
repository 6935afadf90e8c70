using System.Collections.Frozen;
using System.Text.Json;
using Spoq.Core.Ai;

namespace Spoq.Infrastructure.Ai.Upstreams;

/// <summary>One way to a model.</summary>
/// <param name="Upstream">Who runs it.</param>
/// <param name="UpstreamName">What it is called there.</param>
/// <param name="Renamed">That name as JSON, where it is another one; null: the caller's own word goes on.</param>
public sealed record ModelRoute(Upstream Upstream, string UpstreamName, byte[]? Renamed);

/// <summary>A model that customers may ask for.</summary>
/// <param name="Price">One price whoever runs it; null: it cannot be used.</param>
/// <param name="Routes">In the order they are tried.</param>
public sealed record AiModel(string Name, ModelPrice? Price, long MaxOutput, FrozenSet<string> Plans, IReadOnlyList<ModelRoute> Routes)
{
    /// <summary>It makes no text.</summary>
    public bool IsForEmbeddings { get; init; }

    public bool Offers(AiOperation operation) => !IsForEmbeddings || operation == AiOperation.Embedding;

    public bool IsIn(IEnumerable<string> plans) => Plans.Count == 0 || plans.Any(Plans.Contains);
}

/// <summary>Every model there is, with who runs it.</summary>
public sealed class ModelCatalogue : IDisposable
{
    private readonly FrozenDictionary<string, AiModel> _models;
    private readonly IReadOnlyList<Upstream> _upstreams;

    /// <exception cref="InvalidOperationException">Two upstreams give one model different prices.</exception>
    internal ModelCatalogue(IReadOnlyList<Upstream> upstreams)
    {
        _upstreams = upstreams;
        Models = [.. upstreams.SelectMany(upstream => upstream.Options.Models.Select(offer => (Upstream: upstream, Offer: offer)))
            .GroupBy(row => row.Offer.Name, StringComparer.Ordinal)
            .Select(group => Combine(group.Key, [.. group]))];
        _models = Models.ToFrozenDictionary(model => model.Name, StringComparer.Ordinal);
    }

    /// <summary>In the order of the configuration.</summary>
    public IReadOnlyList<AiModel> Models { get; }

    public AiModel? Find(string name) => _models.GetValueOrDefault(name);

    public void Dispose()
    {
        foreach (var upstream in _upstreams)
        {
            upstream.Dispose();
        }
    }

    private static AiModel Combine(string name, List<(Upstream Upstream, ModelOffer Offer)> offers)
    {
        var prices = offers.Select(row => row.Offer.Price).OfType<ModelPrice>().Distinct().ToList();

        // What a customer pays must not depend on which of them happened to be up.
        return prices.Count <= 1
            ? new AiModel(
                name,
                prices.FirstOrDefault(),
                offers.Max(row => row.Offer.MaxOutput),
                offers.SelectMany(row => row.Offer.Plans).ToFrozenSet(StringComparer.Ordinal),
                [.. offers.Select(row => new ModelRoute(row.Upstream, row.Offer.UpstreamName, row.Offer.UpstreamName == name ? null : JsonSerializer.SerializeToUtf8Bytes(row.Offer.UpstreamName)))])
            {
                IsForEmbeddings = offers.Any(row => row.Offer.IsForEmbeddings),
            }
            : throw new InvalidOperationException(
                $"Ai__Upstreams: the model '{name}' has another price at {offers.Last(row => row.Offer.Price is not null).Upstream.Name} than at {offers.First(row => row.Offer.Price is not null).Upstream.Name}. Give it one price, at one of them or the same at each.");
    }
}
