using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Accounts;
using Spoq.Web.Shell;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Access;

/// <summary>The device flow with words, as JSON; <see cref="DeviceAuthorizationEndpoint"/> is its standard form.</summary>
internal static class DeviceEndpoints
{
    private const string Tag = "Device flow";

    public static void MapDeviceFlow(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/auth/device", StartAsync).AllowAnonymous().WithTags(Tag).WithSummary("Ask to be let in: three words for a person to approve")
            .Produces<DeviceStartAnswer>().Refuses(422);
        routes.MapPost("/auth/device/token", PollAsync).AllowAnonymous().WithTags(Tag).WithSummary("Poll for the tokens")
            .Produces<DeviceTokens>().Produces<DeviceError>(StatusCodes.Status400BadRequest);
        routes.MapPost("/auth/authorize", DecideAsync).RequireAccount().WithTags(Tag).WithSummary("Approve or deny, in the browser's session")
            .Accepts<DeviceDecision>("application/json", "application/x-www-form-urlencoded").Produces<DeviceDecided>().Refuses(404, 409, 422);

        // Who has to log in before deciding comes back by GET: to the words, which are shown again.
        routes.MapGet("/auth/authorize", () => TypedResults.Redirect("/auth/verify")).AllowAnonymous().ExcludeFromDescription();
    }

    private static async Task<IResult> StartAsync(
        [FromBody(EmptyBodyBehavior = EmptyBodyBehavior.Allow)] DeviceStartRequest? asked, OAuthClients clients, DeviceGrantService devices, IOptions<SpoqOptions> options, HttpContext http)
    {
        var client = await clients.AuthenticateAsync(asked?.ClientId ?? FirstPartyClients.Cli, null, http.RequestAborted);
        if (client?.MayUse(OAuthClient.DeviceGrant) is not true)
        {
            return DeviceAccessRefusals.ClientUnknown.ToProblem();
        }

        if (DeviceAsker.Of(client, asked?.Scope, asked?.DeviceName, http.Caller().Address) is not { } asker)
        {
            return DeviceAccessRefusals.ScopeInvalid.ToProblem();
        }

        return (await devices.StartAsync(asker, http.Caller(), http.RequestAborted)).Try(out var started, out var no)
            ? OAuthAnswers.Fresh(DeviceStartAnswer.Of(started, options.Value.BaseUrl), StatusCodes.Status200OK)
            : no.ToProblem();
    }

    /// <summary>A client with a secret shows it at <c>/oauth/token</c>; here it is nobody.</summary>
    private static async Task<IResult> PollAsync(DevicePollRequest poll, OAuthClients clients, DeviceDelivery delivery, HttpContext http)
    {
        var client = await clients.AuthenticateAsync(poll.ClientId ?? FirstPartyClients.Cli, null, http.RequestAborted);
        return DeviceTokenGrant.Answer(client is null ? null : await delivery.PollAsync(poll.DeviceCode, client.Id, http.Caller(), http.RequestAborted));
    }

    private static async Task<IResult> DecideAsync(DeviceGrantService devices, HttpContext http)
    {
        // A program that was let in lets nobody else in: that takes a person at a browser.
        if (http.User.Credential() != CredentialKind.Cookie)
        {
            return DeviceAccessRefusals.BrowserOnly.ToProblem();
        }

        var isForm = http.Request.HasFormContentType;
        var said = isForm ? new DeviceDecision(http.Request.Form["user_code"], http.Request.Form["decision"]) : await http.Request.ReadApiAsync<DeviceDecision>(http.RequestAborted);
        var refusal = await ApplyAsync(devices, said, http);

        // The page looks again and says what stands: the decision, or the reason why there is none.
        return isForm ? TypedResults.Redirect(QueryHelpers.AddQueryString("/auth/verify", "code", said?.UserCode ?? ""))
            : refusal is null ? TypedResults.Ok(new DeviceDecided(said!.Decision == "approve" ? "approved" : "denied"))
            : refusal.ToProblem();
    }

    private static async Task<Refusal?> ApplyAsync(DeviceGrantService devices, DeviceDecision? said, HttpContext http)
    {
        if (said?.Decision is not ("approve" or "deny"))
        {
            return DeviceAccessRefusals.DecisionMissing;
        }

        var decided = await devices.DecideAsync(http.User.AccountId(), said.UserCode, said.Decision == "approve", http.Caller(), http.RequestAborted);
        return decided.Try(out _, out var no) ? null : no;
    }
}
