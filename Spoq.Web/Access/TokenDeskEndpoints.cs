using System.Security.Claims;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Accounts;

namespace Spoq.Web.Access;

/// <summary>What becomes of tokens after they were issued: revocation, introspection, userinfo.</summary>
internal static class TokenDeskEndpoints
{
    private static readonly OAuthError s_tokenMissing = OAuthError.InvalidRequest("Send application/x-www-form-urlencoded with the parameter token.");

    /// <summary>RFC 7009. Either token ends all that the program was given with it.</summary>
    public static async Task<IResult> RevokeAsync(HttpContext http, ClientDoor door, TokenDesk desk, CancellationToken cancellationToken)
    {
        if (await OAuthForm.ReadAsync(http.Request, cancellationToken) is not { } form || form["token"] is not { } token)
        {
            return OAuthAnswers.Error(s_tokenMissing);
        }

        var (client, no) = await door.AuthenticateAsync(http, form, cancellationToken);
        return client switch
        {
            null => no,
            _ when await desk.RevokeAsync(token, client.Id, http.Caller(), cancellationToken) => TypedResults.Ok(),
            _ => OAuthAnswers.Error(OAuthError.InvalidGrant),
        };
    }

    /// <summary>RFC 7662, for clients with a secret and their own tokens only: for anybody else there is no such token.</summary>
    public static async Task<IResult> IntrospectAsync(HttpContext http, ClientDoor door, TokenDesk desk, IOptions<SpoqOptions> options, CancellationToken cancellationToken)
    {
        if (await OAuthForm.ReadAsync(http.Request, cancellationToken) is not { } form || form["token"] is not { } token)
        {
            return OAuthAnswers.Error(s_tokenMissing);
        }

        var (client, no) = await door.AuthenticateAsync(http, form, cancellationToken);
        if (client is null)
        {
            return no;
        }

        if (client.IsPublic)
        {
            return OAuthAnswers.Error(OAuthError.InvalidClient);
        }

        var issuer = RuntimeTokens.IssuerOf(options.Value);
        return OAuthAnswers.Fresh(
            await desk.InspectAsync(token, cancellationToken) is { } found && found.Grant.ClientId == client.Id ? Introspection.Of(found, issuer) : new Introspection(false),
            StatusCodes.Status200OK);
    }

    /// <summary>OpenID Connect Core, section 5.3.</summary>
    public static async Task<IResult> UserInfoAsync(ClaimsPrincipal user, TokenDesk desk, CancellationToken cancellationToken) =>
        await desk.DescribeAsync(user.AccountId(), ScopeSet.Parse(user.FindFirstValue(CallerIdentity.Scope)), cancellationToken) is { } claims
            ? OAuthAnswers.Fresh(new UserInfo(claims.Subject, claims.Name, claims.Email, claims.Email is null ? null : true), StatusCodes.Status200OK)
            : TypedResults.NotFound();
}

internal sealed record UserInfo(
    Guid Sub,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Email = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? EmailVerified = null);

internal sealed record Introspection(
    bool Active,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Scope = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ClientId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TokenType = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Exp = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Iat = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? Sub = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Aud = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Iss = null)
{
    public static Introspection Of(TokenReport report, string issuer) => new(
        true, report.Scope, report.Grant.ClientId, report.Kind, report.ExpiresAt.ToUnixTimeSeconds(), report.IssuedAt.ToUnixTimeSeconds(), report.Grant.AccountId, issuer, issuer);
}
