using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Access;

/// <param name="ExpiresAt">Left out: never.</param>
/// <param name="MonthlyCapMicrodollars">The most that AI requests with this key may cost in a month; left out: the account's own limit.</param>
internal sealed record ApiKeyRequest(string? Name = null, IReadOnlyList<string>? Scopes = null, DateTimeOffset? ExpiresAt = null, long? MonthlyCapMicrodollars = null);

/// <param name="OverlapHours">How long the old secret lives on: 0 (left out) to 72.</param>
internal sealed record ApiKeyRotation(int? OverlapHours = null);

/// <param name="Prefix">How the key begins, to recognise it by.</param>
/// <param name="PreviousUntil">Until when the secret before the last rotation works.</param>
internal sealed record ApiKeyShown(
    Guid Id, string Name, string Prefix, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, long? MonthlyCapMicrodollars,
    DateTimeOffset? LastUsedAt, string? LastUsedIp, DateTimeOffset? RotatedAt, DateTimeOffset? PreviousUntil)
{
    public static ApiKeyShown Of(ApiKey key) => new(
        key.Id, key.Name, ApiKeyText.Prefix + key.Shown, [.. key.Scopes], key.CreatedAt, key.ExpiresAt, key.MonthlyCap,
        key.LastUsedAt, key.LastUsedAddress?.ToString(), key.RotatedAt, key.PreviousUntil);
}

/// <param name="Key">The secret itself: shown this once.</param>
internal sealed record ApiKeyMade(
    Guid Id, string Name, string Prefix, IReadOnlyList<string> Scopes, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, long? MonthlyCapMicrodollars,
    DateTimeOffset? LastUsedAt, string? LastUsedIp, DateTimeOffset? RotatedAt, DateTimeOffset? PreviousUntil, string Key)
{
    public static ApiKeyMade Of(IssuedApiKey issued)
    {
        var key = issued.Key;
        return new ApiKeyMade(
            key.Id, key.Name, ApiKeyText.Prefix + key.Shown, [.. key.Scopes], key.CreatedAt, key.ExpiresAt, key.MonthlyCap,
            key.LastUsedAt, key.LastUsedAddress?.ToString(), key.RotatedAt, key.PreviousUntil, issued.Secret);
    }
}

/// <summary>API keys for programs that manage them; people do so at <c>/dashboard/keys</c>.</summary>
internal static class ApiKeyEndpoints
{
    public static void MapApiKeys(this IEndpointRouteBuilder routes)
    {
        var keys = routes.MapGroup("/v1/api-keys").WithTags("API keys");
        keys.MapGet("", ListAsync).RequireAccount().WithSummary("List API keys, newest first").Produces<Page<ApiKeyShown>>();
        keys.MapGet("/current", CurrentAsync).RequireAccount().AcceptAnyApiKey().WithSummary("The API key that this request is sent with").Produces<ApiKeyShown>().Refuses(404);
        keys.MapPost("", CreateAsync).RequireAccount().WithSummary("Create an API key; its secret is shown once").Produces<ApiKeyMade>(StatusCodes.Status201Created).Refuses(409, 422);
        keys.MapDelete("/{id:guid}", RevokeAsync).RequireAccount().WithSummary("Revoke an API key").Produces(StatusCodes.Status204NoContent).Refuses(404);
        keys.MapPost("/{id:guid}/rotate", RotateAsync).RequireAccount().WithSummary("Give an API key a new secret").Produces<ApiKeyMade>().Refuses(404, 409, 422);
    }

    private static async Task<IResult> ListAsync(PageQuery page, ApiKeyService keys, HttpContext http)
    {
        var rows = await keys.ListAsync(http.User.AccountId(), page.After?.Id, page.Limit + 1, http.RequestAborted);
        return TypedResults.Ok(page.Cut(rows, key => Cursor.Of(key.Id), ApiKeyShown.Of));
    }

    private static async Task<IResult> CurrentAsync(ApiKeyService keys, HttpContext http) =>
        http.User.ApiKeyId() is { } id && await keys.FindAsync(http.User.AccountId(), id, http.RequestAborted) is { } key
            ? TypedResults.Ok(ApiKeyShown.Of(key))
            : ApiKeyRefusals.NotFound.ToProblem();

    private static async Task<IResult> CreateAsync(ApiKeyRequest wanted, ApiKeyService keys, TimeProvider clock, HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        var asked = ApiKeyTerms.Check(wanted.Name, wanted.Scopes, wanted.ExpiresAt, wanted.MonthlyCapMicrodollars, clock.GetUtcNow());
        return asked.Try(out var terms, out var no) && (await keys.CreateAsync(http.User.AccountId(), terms, http.Caller(), http.RequestAborted)).Try(out var made, out no)
            ? TypedResults.Created($"/v1/api-keys/{made.Key.Id}", ApiKeyMade.Of(made))
            : no.ToProblem();
    }

    private static async Task<IResult> RevokeAsync(Guid id, ApiKeyService keys, HttpContext http) =>
        await keys.RevokeAsync(http.User.AccountId(), id, http.Caller(), http.RequestAborted) is { } no ? no.ToProblem() : TypedResults.NoContent();

    private static async Task<IResult> RotateAsync(
        Guid id, [FromBody(EmptyBodyBehavior = EmptyBodyBehavior.Allow)] ApiKeyRotation? wanted, ApiKeyService keys, HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        var rotated = await keys.RotateAsync(http.User.AccountId(), id, ApiKey.OverlapOf(wanted?.OverlapHours ?? 0), http.Caller(), http.RequestAborted);
        return rotated.Try(out var made, out var no) ? TypedResults.Ok(ApiKeyMade.Of(made)) : no.ToProblem();
    }
}
