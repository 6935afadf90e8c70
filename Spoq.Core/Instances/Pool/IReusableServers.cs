using Spoq.Core.Instances.Providers;

namespace Spoq.Core.Instances.Pool;

/// <summary>What a provider can do besides, whose rentals outlive their instances: hand a wiped server to the next one.</summary>
public interface IReusableServers : IServerProvider
{
    /// <summary>
    /// A renewal that was switched off can be switched on again. Where it cannot, only a rental that was never ended is handed on:
    /// whoever pays by the month, and may resume, outlives every other.
    /// </summary>
    bool RenewsAgain { get; }

    /// <summary>
    /// As <see cref="IServerProvider.EndAsync"/>, for a pool that wants one: wiped and without a mark, but the rental goes on
    /// where it could not be renewed again.
    /// </summary>
    Task<ServerEnd> KeepAsync(string reference, CancellationToken cancellationToken) => EndAsync(reference, cancellationToken);

    Task<SpareLook> LookAtAsync(Spare spare, CancellationToken cancellationToken);

    /// <summary>
    /// Gives it the order's mark, renewal again, and a new system with the order's script: nothing of before is left on it. Safe to
    /// repeat for the same order, whatever was done of it; from the mark on, <see cref="IServerProvider.FindAsync"/> finds it by the
    /// order's instance. A "no" that is final leaves it without the order's mark, so that another server may take its place.
    /// </summary>
    Task<Server> TakeOverAsync(Spare spare, ServerOrder order, CancellationToken cancellationToken);
}

/// <param name="Id">The mark of one that was bought ahead.</param>
/// <param name="Reference">The provider's own id.</param>
public sealed record Spare(Guid Id, string Reference);

public enum SpareLook
{
    Gone,

    /// <summary>There, and not seen to be without anything of anybody's; or not at rest.</summary>
    NotWiped,
    Wiped,
}
