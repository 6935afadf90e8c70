using Microsoft.Extensions.Options;
using Spoq.Core.Access;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Access;

/// <summary>Short-lived tokens that one Conductor, and no other, lets in.</summary>
public sealed class RuntimeTokens(SigningKeys keys, IOptions<SpoqOptions> options, TimeProvider clock)
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan s_pokeLife = TimeSpan.FromMinutes(1);

    /// <summary>The <c>iss</c> of everything we sign; a Conductor is configured with exactly this.</summary>
    public static string IssuerOf(SpoqOptions options) => options.BaseUrl.AbsoluteUri.TrimEnd('/');

    /// <param name="accountId">Who comes.</param>
    /// <param name="instanceId">Where to.</param>
    /// <param name="hostname">Its name: the audience.</param>
    /// <param name="role">What they may do there.</param>
    /// <param name="endsWith">The session or grant that asks; null: we ourselves.</param>
    /// <param name="cancellationToken">Stops waiting for a key.</param>
    public Task<string> IssueAsync(Guid accountId, Guid instanceId, string hostname, string role, Guid? endsWith, CancellationToken cancellationToken) =>
        keys.SignAsync(Claims(accountId, instanceId, hostname, Life) with { Role = role, GrantId = endsWith?.ToString() }, cancellationToken);

    /// <summary>Good for telling that computer to ask what is new, and for nothing else.</summary>
    public Task<string> PokeAsync(Guid instanceId, string hostname, CancellationToken cancellationToken) =>
        keys.SignAsync(Claims(instanceId, instanceId, hostname, s_pokeLife), TokenTypes.Poke, cancellationToken);

    private TokenClaims Claims(Guid subject, Guid instanceId, string hostname, TimeSpan life)
    {
        var now = clock.GetUtcNow();
        return new TokenClaims
        {
            Issuer = IssuerOf(options.Value),
            Subject = subject.ToString(),
            Audience = hostname,
            IssuedAt = now,
            ExpiresAt = now + life,
            Id = Guid.NewGuid().ToString("N"),
            InstanceId = instanceId.ToString(),
        };
    }
}
