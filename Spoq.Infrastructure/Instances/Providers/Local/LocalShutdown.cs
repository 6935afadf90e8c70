using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Local;

/// <summary>Leaves no process behind when a developer presses Ctrl-C. Registered before the workers, so it stops after them.</summary>
internal sealed class LocalShutdown(LocalProvider provider, IOptions<LocalOptions> options, ILogger<LocalShutdown> log) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) =>
        options.Value.StopOnExit ? Task.WhenAll(provider.Running().ToList().Select(reference => StopAsync(reference, cancellationToken))) : Task.CompletedTask;

    private async Task StopAsync(string reference, CancellationToken cancellationToken)
    {
        try
        {
            await provider.StopAsync(reference, cancellationToken);
        }
        catch (Exception error) when (error is ProviderException or OperationCanceledException)
        {
            log.LogWarning("The local computer {Reference} may still be running: {Reason}", reference, error.Message);
        }
    }
}
