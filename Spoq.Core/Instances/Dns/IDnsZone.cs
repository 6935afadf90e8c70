namespace Spoq.Core.Instances.Dns;

/// <summary>The zone instances live in. Every method is safe to repeat.</summary>
public interface IDnsZone
{
    /// <summary>How long resolvers may go on with a record that is gone.</summary>
    TimeSpan Memory { get; }

    /// <summary>The address the name points at; null where there is no record.</summary>
    Task<string?> FindAsync(string hostname, CancellationToken cancellationToken);

    Task UpsertAsync(string hostname, string address, CancellationToken cancellationToken);

    Task RemoveAsync(string hostname, CancellationToken cancellationToken);
}
