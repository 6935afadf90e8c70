using Spoq.Core.Access;
using Spoq.Infrastructure.Access;

namespace Spoq.Web.Access;

/// <summary>A refresh token for the next pair (RFC 6749, section 6).</summary>
internal sealed class RefreshGrant(TokenService tokens) : ITokenGrant
{
    public string GrantType => OAuthClient.RefreshGrant;

    public async Task<IResult> GrantAsync(TokenRequest request, CancellationToken cancellationToken)
    {
        if (request.Form["refresh_token"] is not { } refreshToken)
        {
            return OAuthAnswers.Error(OAuthError.InvalidRequest("refresh_token is missing."));
        }

        var answer = await tokens.RefreshAsync(refreshToken, request.Client.Id, request.Form["scope"], request.Caller, cancellationToken);
        if (answer.Try(out var issued, out var refusal))
        {
            return OAuthAnswers.Tokens(issued);
        }

        return OAuthAnswers.Error(refusal == AccessRefusals.ScopeWider ? OAuthError.InvalidScope : OAuthError.InvalidGrant);
    }
}
