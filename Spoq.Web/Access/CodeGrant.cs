using Spoq.Core.Access;
using Spoq.Infrastructure.Access;

namespace Spoq.Web.Access;

/// <summary>A code and the proof behind it for tokens (RFC 6749, section 4.1.3; RFC 7636, section 4.5).</summary>
internal sealed class CodeGrant(AuthorizationService authorizations) : ITokenGrant
{
    public string GrantType => OAuthClient.CodeGrant;

    public async Task<IResult> GrantAsync(TokenRequest request, CancellationToken cancellationToken)
    {
        var form = request.Form;
        if (form["code"] is not { } code)
        {
            return OAuthAnswers.Error(OAuthError.InvalidRequest("code is missing."));
        }

        var answer = await authorizations.RedeemAsync(request.Client, code, form["redirect_uri"], form["code_verifier"], request.Caller, cancellationToken);
        return answer.Try(out var tokens, out _) ? OAuthAnswers.Tokens(tokens) : OAuthAnswers.Error(OAuthError.InvalidGrant);
    }
}
