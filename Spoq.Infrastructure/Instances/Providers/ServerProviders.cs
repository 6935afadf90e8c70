using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers;

/// <summary>The providers that are switched on here, by name.</summary>
internal sealed class ServerProviders(IEnumerable<IServerProvider> providers)
{
    private readonly Dictionary<string, IServerProvider> _byName = providers.ToDictionary(provider => provider.Name);

    /// <exception cref="ProviderException">It is not configured on this node (any more).</exception>
    public IServerProvider Named(string name) => _byName.TryGetValue(name, out var provider)
        ? provider
        : throw new ProviderException($"The provider \"{name}\" is not switched on at the moment.") { Code = "provider_off", WaitFor = TimeSpan.FromMinutes(1) };
}
