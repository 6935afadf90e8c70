using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Web.Access;

/// <summary>A way to come by tokens at <c>/oauth/token</c>, found by its <c>grant_type</c>.</summary>
internal interface ITokenGrant
{
    string GrantType { get; }

    /// <summary>Answers with <see cref="OAuthAnswers.Tokens"/> or <see cref="OAuthAnswers.Error(OAuthError)"/>.</summary>
    Task<IResult> GrantAsync(TokenRequest request, CancellationToken cancellationToken);
}

/// <param name="Client">Authenticated, and registered for this grant type.</param>
internal sealed record TokenRequest(OAuthClient Client, OAuthForm Form, Caller Caller);
