using System.Security.Claims;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Spoq.Infrastructure.Instances.Setup;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Instances.Setup;

internal static class SetupEndpoints
{
    private const string Tag = "Setup";

    public static void MapSetup(this IEndpointRouteBuilder routes)
    {
        routes.MapApi("GET", "/api/subdomain/check/{name}", CheckAsync).AllowAnonymous().Limit("subdomain_check", limits => RateRule.PerMinute(limits.AddressChecksPerMinute)).WithTags(Tag)
            .WithSummary("Whether an address is free").WithDescription("When it is not: why, and what is free instead.");
        routes.MapApi("POST", "/api/setup/subdomain", SetAddressAsync).RequireAccount().Refuses(409, 422).WithTags(Tag)
            .WithSummary("Reserve an address").WithDescription("Yours for 30 minutes; asking again renews it. An order makes it yours for good.");
        routes.MapApi("POST", "/api/setup/profile", SetProfileAsync).RequireAccount().Refuses(409, 422).WithTags(Tag)
            .WithSummary("Choose a username").WithDescription("Before the order it names the first profile; later it adds the second. A name that is there already answers its profile.");
        routes.MapApi("GET", "/api/regions", RegionsAsync).AllowAnonymous().Refuses(503).WithTags("Catalogue")
            .WithSummary("Where computers can be had now").WithDescription("Asked at the provider; sold-out ones are left out. The first is chosen when an order names none.");
        routes.MapGet("/cloud/new", Enter).AllowAnonymous();
    }

    private static async Task<Ok<AddressCheck>> CheckAsync(
        string name, HttpContext http, AddressClaims claims, CancellationToken cancellationToken)
    {
        var answer = await claims.CheckAsync(name, http.User.FindAccountId(), cancellationToken);
        return TypedResults.Ok(answer.Refusal is { } refusal
            ? new AddressCheck(false, refusal.Message, refusal.Code, answer.Suggestions)
            : new AddressCheck(true, null, null, null));
    }

    private static async Task<Results<Ok<AddressReserved>, ProblemHttpResult>> SetAddressAsync(
        AddressBody body, ClaimsPrincipal user, SetupService setup, CancellationToken cancellationToken) =>
        (await setup.LoadAsync(user.AccountId(), cancellationToken)).Try(out _, out var refusal)
            && (await setup.SetAddressAsync(user.AccountId(), body.Subdomain, cancellationToken)).Try(out var state, out refusal)
            ? TypedResults.Ok(new AddressReserved(state.Draft.Address!, "reserved"))
            : refusal.ToProblem();

    private static async Task<Results<Ok<ProfileChosen>, ProblemHttpResult>> SetProfileAsync(
        ProfileBody body, ClaimsPrincipal user, SetupOrders orders, CancellationToken cancellationToken) =>
        (await orders.ChooseProfileAsync(user.AccountId(), body.Username ?? "", cancellationToken)).Try(out var profileId, out var refusal)
            ? TypedResults.Ok(new ProfileChosen(profileId))
            : refusal.ToProblem();

    private static async Task<Results<Ok<Page<RegionAnswer>>, ProblemHttpResult>> RegionsAsync(SetupOffers offers, CancellationToken cancellationToken) =>
        (await offers.RegionsAsync(null, cancellationToken)).Try(out var regions, out var refusal)
            ? TypedResults.Ok(new Page<RegionAnswer>([.. regions.Select(region => new RegionAnswer(region.Key, region.Name))], null))
            : refusal.ToProblem();

    /// <summary>What was chosen on a public page goes along.</summary>
    private static RedirectHttpResult Enter(string? address, string? plan, string? interval) =>
        TypedResults.Redirect(QueryHelpers.AddQueryString("/setup", new Dictionary<string, string?> { ["address"] = address, ["plan"] = plan, ["interval"] = interval }
            .Where(choice => !string.IsNullOrEmpty(choice.Value)).ToDictionary()));
}

/// <param name="Reason">Why not, in words.</param>
/// <param name="Code">Why not, for programs: <c>taken</c>, <c>reserved</c>, <c>too_short</c>, <c>too_long</c>, <c>bad_characters</c>, <c>look_alike</c>, <c>missing</c>.</param>
internal sealed record AddressCheck(
    [property: JsonPropertyName("available")] bool Available,
    [property: JsonPropertyName("reason"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason = null,
    [property: JsonPropertyName("code"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code = null,
    [property: JsonPropertyName("suggestions"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Suggestions = null);

internal sealed record AddressBody(string? Subdomain = null);

internal sealed record AddressReserved(string Subdomain, string Status);

internal sealed record ProfileBody(string? Username = null);

internal sealed record ProfileChosen(Guid ProfileId);

internal sealed record RegionAnswer(string Key, string Name);
