using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Spoq.Infrastructure.Ops;

/// <summary>A development stand-in for something outside Spoq.</summary>
/// <param name="Name">The neighbour, such as <c>payments</c>.</param>
/// <param name="Instead">What is there in its place, a sentence for the development banner.</param>
public sealed record PretendNeighbour(string Name, string Instead);

/// <summary>Every stand-in registers here: this is where Production refuses them and the banner reads them.</summary>
public static class PretendNeighbours
{
    /// <param name="setting">The variable that configures the real neighbour; named when Production refuses.</param>
    /// <exception cref="InvalidOperationException">The environment is Production.</exception>
    public static IServiceCollection AddPretendNeighbour(this IServiceCollection services, IHostEnvironment environment, string name, string instead, string setting)
    {
        if (environment.IsProduction())
        {
            throw new InvalidOperationException($"Production does not run with pretend {name}. Set {setting}.");
        }

        return services.AddSingleton(new PretendNeighbour(name, instead));
    }
}
