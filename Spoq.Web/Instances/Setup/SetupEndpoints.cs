using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Spoq.Core;
using Spoq.Infrastructure.Instances.Setup;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;

namespace Spoq.Web.Instances.Setup;

internal static class SetupEndpoints
{
    /// <summary>Typing at full speed stays below it; walking a dictionary does not.</summary>
    private static readonly RateRule s_checks = RateRule.PerMinute(120);

    public static void MapSetup(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/subdomain/check/{name}", CheckAsync).AllowAnonymous();
        routes.MapGet("/cloud/new", Enter).AllowAnonymous();
    }

    private static async Task<Results<Ok<AddressCheck>, ProblemHttpResult>> CheckAsync(
        string name, HttpContext http, AddressClaims claims, RateLimiter limiter, CancellationToken cancellationToken)
    {
        var caller = http.Connection.RemoteIpAddress?.ToString() ?? "unknown";
        if (await limiter.TakeAsync("subdomain_check", caller, s_checks, cancellationToken) is { } wait)
        {
            return new Refusal("too_many_checks", "That were many names in a short time. Wait a moment and go on.", RefusalKind.TooMany) { RetryAfter = wait }.ToProblem();
        }

        var answer = await claims.CheckAsync(name, http.User.FindAccountId(), cancellationToken);
        return TypedResults.Ok(answer.Refusal is { } refusal
            ? new AddressCheck(false, refusal.Message, refusal.Code, answer.Suggestions)
            : new AddressCheck(true, null, null, null));
    }

    private static RedirectHttpResult Enter(string? address) =>
        TypedResults.Redirect(string.IsNullOrEmpty(address) ? "/setup" : QueryHelpers.AddQueryString("/setup", "address", address));
}

/// <param name="Reason">Why not, in words.</param>
/// <param name="Code">Why not, for programs: <c>taken</c>, <c>reserved</c>, <c>too_short</c>, <c>too_long</c>, <c>bad_characters</c>, <c>look_alike</c>, <c>missing</c>.</param>
internal sealed record AddressCheck(
    [property: JsonPropertyName("available")] bool Available,
    [property: JsonPropertyName("reason"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason,
    [property: JsonPropertyName("code"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code,
    [property: JsonPropertyName("suggestions"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Suggestions);
