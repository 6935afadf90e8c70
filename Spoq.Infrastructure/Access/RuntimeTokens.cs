using Microsoft.Extensions.Options;
using Spoq.Core.Access;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Access;

/// <summary>Short-lived tokens that one Conductor, and no other, lets in.</summary>
public sealed class RuntimeTokens(SigningKeys keys, IOptions<SpoqOptions> options, TimeProvider clock)
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    /// <summary>The <c>iss</c> of everything we sign; a Conductor is configured with exactly this.</summary>
    public static string IssuerOf(SpoqOptions options) => options.BaseUrl.AbsoluteUri.TrimEnd('/');

    public Task<string> IssueAsync(Guid accountId, Guid instanceId, string hostname, string role, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var claims = new TokenClaims
        {
            Issuer = IssuerOf(options.Value),
            Subject = accountId.ToString(),
            Audience = hostname,
            IssuedAt = now,
            ExpiresAt = now + Life,
            Id = Guid.NewGuid().ToString("N"),
            InstanceId = instanceId.ToString(),
            Role = role,
        };
        return keys.SignAsync(claims, cancellationToken);
    }
}
