using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Contabo;

/// <summary>The short-lived token of the password grant, asked for once and shared by all calls until it runs out.</summary>
internal sealed class ContaboTokens(IHttpClientFactory clients, IOptions<ContaboOptions> options, TimeProvider clock) : IDisposable
{
    public const string Key = "contabo-auth";

    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_ourFault = TimeSpan.FromMinutes(1);

    private readonly VendorHttp _http = new(clients, clock, Key, "Contabo");
    private readonly SemaphoreSlim _one = new(1);
    private (string Token, DateTimeOffset Until)? _kept;

    /// <param name="refused">A token that the API did not take: another is asked for, whatever its date says.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<string> GetAsync(string? refused, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_kept is not var (token, until) || token == refused || clock.GetUtcNow() >= until)
            {
                token = await AskAsync(cancellationToken);
            }

            return token;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<string> AskAsync(CancellationToken cancellationToken)
    {
        var settings = options.Value;
        using var request = new HttpRequestMessage(HttpMethod.Post, "auth/realms/contabo/protocol/openid-connect/token")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "password",
                ["client_id"] = settings.ClientId!,
                ["client_secret"] = settings.ClientSecret!,
                ["username"] = settings.ApiUser!,
                ["password"] = settings.ApiPassword!,
            }),
        };
        var answer = await _http.SendAsync(request, cancellationToken);
        if (!answer.IsFine)
        {
            // Keycloak says 400 as well as 401 to wrong credentials: nobody's order is to blame.
            throw new ProviderException("Contabo does not let us in at the moment.") { Code = "provider_denied", WaitFor = s_ourFault };
        }

        var grant = answer.Read(ContaboJson.Default.ContaboToken);
        if (string.IsNullOrEmpty(grant.AccessToken))
        {
            throw new ProviderException("Contabo answers something else than it should.") { Code = "provider_unreadable", WaitFor = s_ourFault };
        }

        _kept = (grant.AccessToken, clock.GetUtcNow() + TimeSpan.FromSeconds(grant.ExpiresIn ?? 60) - s_margin);
        return grant.AccessToken;
    }
}
