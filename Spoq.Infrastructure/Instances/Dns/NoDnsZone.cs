using Spoq.Core.Instances.Dns;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Dns;

/// <summary>Production without a DNS provider: the site runs, and work on names waits until there is one.</summary>
internal sealed class NoDnsZone : IDnsZone
{
    private static ProviderException Off => new("No DNS provider is configured on this installation yet.") { Code = "dns_off", WaitFor = TimeSpan.FromMinutes(1) };

    public TimeSpan Memory => TimeSpan.Zero;

    public Task<string?> FindAsync(string hostname, CancellationToken cancellationToken) => throw Off;

    public Task UpsertAsync(string hostname, string address, CancellationToken cancellationToken) => throw Off;

    public Task RemoveAsync(string hostname, CancellationToken cancellationToken) => throw Off;
}
