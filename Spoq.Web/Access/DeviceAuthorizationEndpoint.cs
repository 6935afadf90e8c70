using Microsoft.Extensions.Options;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Accounts;

namespace Spoq.Web.Access;

/// <summary><c>POST /oauth/device_authorization</c> (RFC 8628, section 3.1): a form in, JSON out, errors as RFC 6749 has them.</summary>
internal static class DeviceAuthorizationEndpoint
{
    public static async Task<IResult> StartAsync(HttpContext http, ClientDoor door, DeviceGrantService devices, IOptions<SpoqOptions> options, CancellationToken cancellationToken)
    {
        if (await OAuthForm.ReadAsync(http.Request, cancellationToken) is not { } form)
        {
            return OAuthAnswers.Error(OAuthError.InvalidRequest("Send application/x-www-form-urlencoded with each parameter once."));
        }

        var (client, no) = await door.AuthenticateAsync(http, form, cancellationToken);
        if (client is null)
        {
            return no;
        }

        if (!client.MayUse(OAuthClient.DeviceGrant))
        {
            return OAuthAnswers.Error(OAuthError.UnauthorizedClient);
        }

        if (DeviceAsker.Of(client, form["scope"], form["device_name"], http.Caller().Address) is not { } asker)
        {
            return OAuthAnswers.Error(OAuthError.InvalidScope);
        }

        return (await devices.StartAsync(asker, http.Caller(), cancellationToken)).Try(out var started, out var refusal)
            ? OAuthAnswers.Fresh(DeviceStartAnswer.Of(started, options.Value.BaseUrl), StatusCodes.Status200OK)
            : OAuthAnswers.Error(refusal);
    }
}
