using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Accounts;

namespace Spoq.Web.Access;

/// <summary>The device authorization endpoint of RFC 8628, section 3.1: a form in, JSON out, errors as RFC 6749 has them.</summary>
internal static class DeviceAuthorizationEndpoint
{
    public static void MapDeviceAuthorization(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/oauth/device_authorization", StartAsync).AllowAnonymous().DisableAntiforgery()
            .WithTags("OAuth").WithSummary("Ask to be let in (RFC 8628)")
            .Accepts<DeviceAuthorizationForm>("application/x-www-form-urlencoded").Produces<DeviceStartAnswer>().Produces<DeviceError>(StatusCodes.Status400BadRequest);

    private static async Task<IResult> StartAsync(DeviceAskers askers, DeviceGrantService devices, IOptions<SpoqOptions> options, HttpContext http)
    {
        DeviceEndpoints.NoStore(http);
        var form = http.Request.HasFormContentType ? await http.Request.ReadFormAsync(http.RequestAborted) : FormCollection.Empty;

        // RFC 6749, section 3.2: a parameter that comes twice is no parameter.
        if (form.Any(field => field.Value.Count > 1))
        {
            return TypedResults.BadRequest(new DeviceError("invalid_request", "A parameter was sent more than once."));
        }

        var ask = await askers.ReadAsync(form["client_id"], form["scope"], form["device_name"], http.Caller(), http.RequestAborted);
        return ask.Try(out var asker, out var no) && (await devices.StartAsync(asker, http.Caller(), http.RequestAborted)).Try(out var started, out no)
            ? TypedResults.Ok(DeviceStartAnswer.Of(started, options.Value.BaseUrl))
            : Refuse(no, http.Response);
    }

    private static IResult Refuse(Refusal no, HttpResponse response)
    {
        if (no.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = $"{(long)Math.Ceiling(wait.TotalSeconds)}";
            return TypedResults.Json(new DeviceError("slow_down", no.Message), statusCode: StatusCodes.Status429TooManyRequests);
        }

        return no == DeviceAccessRefusals.ClientUnknown
            ? TypedResults.Json(new DeviceError(no.Code, no.Message), statusCode: StatusCodes.Status401Unauthorized)
            : TypedResults.BadRequest(new DeviceError(no.Code, no.Message));
    }
}

/// <summary>For the API document.</summary>
internal sealed record DeviceAuthorizationForm(string ClientId, string? Scope = null, string? DeviceName = null);
