using Spoq.Core.Instances.Providers;

namespace Spoq.Core.Instances.Pool;

/// <summary>What a provider can besides, whose rentals outlive their instances: hand a wiped server to the next one.</summary>
public interface IReusableServers : IServerProvider
{
    /// <summary>Whether the server that was kept is there, wiped, and off or without anything of anybody's on it.</summary>
    Task<bool> IsWipedAsync(string reference, CancellationToken cancellationToken);

    /// <summary>
    /// Gives it the order's name, keys and mark, a new identity of its own, and renewal again. Safe to repeat for the same
    /// order; afterwards <see cref="IServerProvider.FindAsync"/> finds it by the order's instance.
    /// </summary>
    Task<Server> TakeOverAsync(string reference, ServerOrder order, CancellationToken cancellationToken);
}
