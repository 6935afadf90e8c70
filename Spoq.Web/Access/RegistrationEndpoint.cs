using System.Text.Json.Serialization;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Web.Accounts;

namespace Spoq.Web.Access;

/// <summary><c>POST /oauth/register</c> (RFC 7591). A self-hosted program may bring its own id.</summary>
internal static class RegistrationEndpoint
{
    public static async Task<IResult> RegisterAsync(ClientMetadata metadata, OAuthClients clients, HttpContext http, CancellationToken cancellationToken)
    {
        if (ClientRegistration.Read(metadata, clients.OwnHost, out var registration) is { } wrong)
        {
            return OAuthAnswers.Error(wrong);
        }

        return await clients.RegisterAsync(registration!, http.Caller(), cancellationToken) is { } made
            ? OAuthAnswers.Fresh(RegistrationAnswer.Of(made), StatusCodes.Status201Created)
            : OAuthAnswers.Error(new OAuthError("invalid_client_metadata", "This client_id is registered already. Choose another, or leave it out."));
    }
}

internal sealed record RegistrationAnswer(
    string ClientId,
    long ClientIdIssuedAt,
    string ClientName,
    IReadOnlyList<string> RedirectUris,
    IReadOnlyList<string> GrantTypes,
    IReadOnlyList<string> ResponseTypes,
    string TokenEndpointAuthMethod,
    string Scope,
    string IdTokenSignedResponseAlg,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ClientUri = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ClientSecret = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? ClientSecretExpiresAt = null)
{
    public static RegistrationAnswer Of(RegisteredClient made)
    {
        var client = made.Client;

        // Zero: the secret does not expire.
        return new(
            client.Id,
            client.CreatedAt.ToUnixTimeSeconds(),
            client.Name,
            client.RedirectUris,
            client.GrantTypes,
            client.MayUse(OAuthClient.CodeGrant) ? ["code"] : [],
            client.AuthMethod,
            client.Scope ?? string.Join(' ', Scopes.Grantable),
            TokenSigner.Algorithm,
            client.Website,
            made.Secret,
            made.Secret is null ? null : 0);
    }
}
