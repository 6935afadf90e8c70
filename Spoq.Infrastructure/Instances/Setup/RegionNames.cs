using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Setup;

/// <summary>What people call a region. Asked at its provider once and never waited for: until the answer is there, a page shows the key.</summary>
public sealed class RegionNames(IEnumerable<IServerProvider> providers, ILogger<RegionNames> log)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    private readonly ConcurrentDictionary<(string Provider, string Region), string> _names = new();
    private readonly ConcurrentDictionary<string, byte> _asking = new();

    public string Of(string provider, string region)
    {
        if (!_names.ContainsKey((provider, region)))
        {
            _ = AskAsync(provider, region);
        }

        return _names.GetValueOrDefault((provider, region), region);
    }

    private async Task AskAsync(string name, string region)
    {
        if (providers.FirstOrDefault(provider => provider.Name == name) is not { } provider || !_asking.TryAdd(name, 0))
        {
            return;
        }

        using var patience = new CancellationTokenSource(s_patience);
        try
        {
            foreach (var known in await provider.RegionsAsync(null, patience.Token))
            {
                _names[(name, known.Key)] = known.Name;
            }

            // One that is no longer sold keeps its key and is not asked for again.
            _names.TryAdd((name, region), region);
        }
        catch (Exception no) when (no is ProviderException or OperationCanceledException)
        {
            log.LogInformation("{Provider} does not tell what its regions are called: {Reason}", name, no.Message);
        }
        finally
        {
            _asking.TryRemove(name, out _);
        }
    }
}
