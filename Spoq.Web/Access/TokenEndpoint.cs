using Spoq.Core.Access;
using Spoq.Web.Accounts;

namespace Spoq.Web.Access;

/// <summary><c>POST /oauth/token</c> (RFC 6749, section 3.2): who asks, then by which grant.</summary>
internal static class TokenEndpoint
{
    public static async Task<IResult> IssueAsync(HttpContext http, ClientDoor door, IEnumerable<ITokenGrant> grants, CancellationToken cancellationToken)
    {
        if (await OAuthForm.ReadAsync(http.Request, cancellationToken) is not { } form)
        {
            return OAuthAnswers.Error(OAuthError.InvalidRequest("Send application/x-www-form-urlencoded with each parameter once."));
        }

        if (form["grant_type"] is not { } type)
        {
            return OAuthAnswers.Error(OAuthError.InvalidRequest("grant_type is missing."));
        }

        if (grants.FirstOrDefault(known => known.GrantType == type) is not { } grant)
        {
            return OAuthAnswers.Error(OAuthError.UnsupportedGrantType);
        }

        var (client, no) = await door.AuthenticateAsync(http, form, cancellationToken);
        return client switch
        {
            null => no,
            _ when !client.MayUse(type) => OAuthAnswers.Error(OAuthError.UnauthorizedClient),
            _ => await grant.GrantAsync(new TokenRequest(client, form, http.Caller()), cancellationToken),
        };
    }
}
