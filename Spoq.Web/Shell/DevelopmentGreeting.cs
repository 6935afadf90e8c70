using Microsoft.Extensions.Options;
using Spoq.Infrastructure.Ops;

namespace Spoq.Web.Shell;

/// <summary>Tells whoever started this on their own machine where it is and what is pretend.</summary>
internal sealed class DevelopmentGreeting(IHostApplicationLifetime lifetime, IOptions<SpoqOptions> options, IEnumerable<PretendNeighbour> pretend) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(Greet);
        lifetime.ApplicationStopping.Register(() => Console.WriteLine("Stopping..."));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Greet()
    {
        Console.WriteLine();
        Console.WriteLine($"  Spoq is ready at {options.Value.BaseUrl}");
        Console.WriteLine($"  Everything is kept in {options.Value.DataDirectory}");
        Console.WriteLine();
        foreach (var neighbour in pretend)
        {
            Console.WriteLine($"  pretend {neighbour.Name}: {neighbour.Instead}");
        }

        Console.WriteLine();
        Console.WriteLine("  Press Ctrl-C to stop.");
        Console.WriteLine();
    }
}
