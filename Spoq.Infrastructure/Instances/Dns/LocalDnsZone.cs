using System.Net;
using Spoq.Core.Instances.Dns;

namespace Spoq.Infrastructure.Instances.Dns;

/// <summary>Development's zone: every name below <c>localhost</c> is this machine already (RFC 6761), so there is nothing to keep.</summary>
internal sealed class LocalDnsZone : IDnsZone
{
    private static readonly string s_here = IPAddress.Loopback.ToString();

    public TimeSpan Memory => TimeSpan.Zero;

    public Task<string?> FindAsync(string hostname, CancellationToken cancellationToken) =>
        Task.FromResult(hostname.EndsWith(".localhost", StringComparison.Ordinal) ? s_here : null);

    public Task UpsertAsync(string hostname, string address, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task RemoveAsync(string hostname, CancellationToken cancellationToken) => Task.CompletedTask;
}
