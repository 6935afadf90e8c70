namespace Spoq.Core.Instances.Providers;

/// <summary>
/// Where instances run. Every method is safe to repeat; every "no" is a <see cref="ProviderException"/>.
/// A server carries our instance id, so that it is found again when an answer was lost.
/// </summary>
public interface IServerProvider
{
    /// <summary>Its key in the catalogue, such as <c>local</c>.</summary>
    string Name { get; }

    /// <summary>How long a server just made may be missing from look-ups; an unanswered order is not repeated before.</summary>
    TimeSpan LookupLag { get; }

    Task<IReadOnlyList<ServerRegion>> RegionsAsync(CancellationToken cancellationToken);

    /// <summary>The server that carries this instance id, whatever its state.</summary>
    Task<Server?> FindAsync(Guid instanceId, CancellationToken cancellationToken);

    Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken);

    Task<Server?> GetAsync(string reference, CancellationToken cancellationToken);

    /// <summary>Returns when the start is under way; a running server stays as it is.</summary>
    Task StartAsync(string reference, CancellationToken cancellationToken);

    /// <summary>Returns when the server is off or on its way there; one that is off or gone stays as it is.</summary>
    Task StopAsync(string reference, CancellationToken cancellationToken);

    /// <summary>Removes the server and its data; one that is gone stays gone.</summary>
    Task DeleteAsync(string reference, CancellationToken cancellationToken);
}

/// <summary>All a provider must know to make one instance's server.</summary>
/// <param name="ProvisioningToken">The clear one-time token the server phones home with; the same for every try.</param>
public sealed record ServerOrder(Guid InstanceId, Guid AccountId, string Hostname, string Username, string Plan, string Region, string ProvisioningToken);

/// <summary>A server as its provider sees it.</summary>
/// <param name="Reference">The provider's own id.</param>
/// <param name="Endpoint">Where its Conductor is reached, once that is known.</param>
/// <param name="PublicAddress">What its DNS record points at, once that is known.</param>
/// <param name="HostKeyFingerprint">SHA256 fingerprint of its SSH host key; null where there is no SSH.</param>
public sealed record Server(string Reference, ServerPower Power, string? Endpoint, string? PublicAddress, string? HostKeyFingerprint);

public enum ServerPower
{
    /// <summary>Ordered or booting: not reachable yet.</summary>
    Starting,
    Running,
    Stopped,
}

public sealed record ServerRegion(string Key, string Name, bool IsAvailable);
