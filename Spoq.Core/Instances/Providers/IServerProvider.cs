using Spoq.Core.Billing;

namespace Spoq.Core.Instances.Providers;

/// <summary>
/// Where instances run. Every method is safe to repeat; every "no" is a <see cref="ProviderException"/>.
/// A server carries a mark of ours, so that it is found again when an answer was lost.
/// </summary>
public interface IServerProvider
{
    /// <summary>Its key in the catalogue, such as <c>local</c>.</summary>
    string Name { get; }

    ServerCapabilities Capabilities { get; }

    /// <summary>How long a server just made may be missing from look-ups; an unanswered order is not repeated before.</summary>
    TimeSpan LookupLag { get; }

    /// <summary>Where a server of this size can be had at this moment; null: of any size.</summary>
    Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken);

    /// <summary>The same, past whatever is kept of it for a while: asked right before somebody pays.</summary>
    Task<IReadOnlyList<ServerRegion>> RegionsNowAsync(ServerSize? size, CancellationToken cancellationToken) => RegionsAsync(size, cancellationToken);

    /// <summary>The server that carries this mark, whatever its state.</summary>
    /// <param name="mark">An instance's id, or that of the move that brought its server.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    Task<Server?> FindAsync(Guid mark, CancellationToken cancellationToken);

    /// <summary>Every server there that carries a mark of ours, for the sweep that looks for what belongs to nobody.</summary>
    Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken);

    Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken);

    Task<Server?> GetAsync(string reference, CancellationToken cancellationToken);

    /// <summary>Returns when the start is under way; a running server stays as it is.</summary>
    Task StartAsync(string reference, CancellationToken cancellationToken);

    /// <summary>Returns when the server is off or on its way there; one that is off or gone stays as it is.</summary>
    Task StopAsync(string reference, CancellationToken cancellationToken);

    /// <summary>
    /// Gives a server that is off another size, and keeps its data; with <see cref="ServerCapabilities.Resize"/> only. Returns
    /// when it has that size; one that has it stays as it is.
    /// </summary>
    Task ResizeAsync(string reference, ServerSize size, CancellationToken cancellationToken) =>
        throw new ProviderException("This provider cannot change the size of a computer that exists.") { Code = "resize_unavailable", IsFinal = true };

    /// <summary>Bytes that its owner's data takes; null: what its Conductor reports is right, because the disk is its own.</summary>
    Task<long?> DataBytesAsync(string reference, CancellationToken cancellationToken) => Task.FromResult<long?>(null);

    /// <summary>The server called home and proved itself: what only its making needed (scripts, secrets) goes.</summary>
    Task SettleAsync(string reference, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Ends the rental and removes the data. Asked again until nothing is left to do; one that is gone stays gone. After
    /// <see cref="ServerEnd.Gone"/> and <see cref="ServerEnd.Kept"/> <see cref="FindAsync"/> knows nothing of it any more.
    /// </summary>
    Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken);
}

/// <summary>What a provider can do beyond making, starting and stopping; pages show only what is there.</summary>
[Flags]
public enum ServerCapabilities
{
    None = 0,

    /// <summary>Another size without another server.</summary>
    Resize = 1,

    Snapshot = 2,

    /// <summary>A server ends when we say so, and with it its cost.</summary>
    Delete = 4,

    /// <summary>Customers come in by SSH, so there is a host key to show.</summary>
    Ssh = 8,

    /// <summary>The machine is the customer's: it runs on, keeps its SSH host key and its data, whatever we end.</summary>
    OwnersMachine = 16,

    /// <summary>With <see cref="Resize"/>: a smaller disk too.</summary>
    Shrink = 32,

    /// <summary>Another size is another server, to which the files are moved; larger or smaller.</summary>
    Move = 64,
}

/// <summary>All a provider must know to make one instance's server.</summary>
/// <param name="ProvisioningToken">The clear one-time token the server phones home with; the same for every try.</param>
public sealed record ServerOrder(Guid InstanceId, Guid AccountId, string Hostname, string Username, ServerSize Size, string Region, string ProvisioningToken)
{
    /// <summary>What the server is found again by: the instance's id, unless it takes another server's place.</summary>
    public Guid Mark { get; init; } = InstanceId;

    /// <summary>What the new system runs once as root: a few lines of shell that fetch the rest with the one-time token.</summary>
    public required string BootScript { get; init; }

    /// <summary>Bought ahead of need: it runs the system that tells a wiped server from one in use, and nothing else.</summary>
    public bool IsSpare { get; init; }
}

/// <summary>A server as its provider sees it.</summary>
/// <param name="Reference">The provider's own id.</param>
/// <param name="Endpoint">Where its Conductor is reached, once that is known.</param>
/// <param name="PublicAddress">What its DNS record points at, once that is known.</param>
/// <param name="HostKeyFingerprint">SHA256 fingerprint of the SSH host key that visitors see; null where that is the one we gave it, or there is no SSH.</param>
public sealed record Server(string Reference, ServerPower Power, string? Endpoint, string? PublicAddress, string? HostKeyFingerprint)
{
    /// <summary>Its Conductor is reached by https under the instance's own hostname, once the address record is there.</summary>
    public bool IsReachedByName { get; init; }

    /// <summary>Ordered, but not all that belongs to it was made: the same order again goes on where it broke off.</summary>
    public bool IsUnfinished { get; init; }

    /// <summary>Why waiting does not help and a person must look, as a sentence; null: nothing is wrong.</summary>
    public string? Trouble { get; init; }

    /// <summary>What its owner has to do before there is a machine, as a sentence; that time is theirs.</summary>
    public string? OwnerMust { get; init; }

    /// <summary>Where SSH answers at <see cref="PublicAddress"/>.</summary>
    public int SshPort { get; init; } = 22;
}

public enum ServerPower
{
    /// <summary>Ordered or booting: not reachable yet.</summary>
    Starting,
    Running,
    Stopped,
}

public sealed record ServerRegion(string Key, string Name, bool IsAvailable);

/// <param name="Mark">Read from what the provider calls it; null: nothing that we ever order by.</param>
/// <param name="Name">What the provider calls it.</param>
public sealed record ListedServer(string Reference, Guid? Mark, string Name, ServerPower Power);

/// <summary>How far the end of a server has come.</summary>
public abstract record ServerEnd
{
    public sealed record Gone : ServerEnd;

    /// <summary>Under way; ask again.</summary>
    /// <param name="Reason">What is being waited for, as a sentence.</param>
    public sealed record Ending(string Reason) : ServerEnd;

    /// <summary>Wiped and no longer marked with the instance: the rental runs out by itself, or serves again.</summary>
    /// <param name="PaidUntil">When it runs out; null: it is renewed.</param>
    public sealed record Kept(DateTimeOffset? PaidUntil) : ServerEnd;
}
