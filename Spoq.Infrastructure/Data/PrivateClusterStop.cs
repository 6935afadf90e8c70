using Microsoft.Extensions.Hosting;

namespace Spoq.Infrastructure.Data;

/// <summary>Registered first, so stopped last: the database outlives everything that writes on the way out.</summary>
internal sealed class PrivateClusterStop(PrivateCluster cluster) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken) => await cluster.StopAsync(CancellationToken.None);
}
