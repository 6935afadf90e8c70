using Spoq.Core.Access;
using Spoq.Infrastructure.Access;

namespace Spoq.Web.Access;

/// <summary>A device code for tokens, once a person has approved its words (RFC 8628, section 3.4).</summary>
internal sealed class DeviceTokenGrant(DeviceDelivery delivery) : ITokenGrant
{
    public string GrantType => OAuthClient.DeviceGrant;

    public async Task<IResult> GrantAsync(TokenRequest request, CancellationToken cancellationToken)
    {
        if (request.Form["device_code"] is not { } code)
        {
            return OAuthAnswers.Error(OAuthError.InvalidRequest("device_code is missing."));
        }

        return Answer(await delivery.PollAsync(code, request.Client.Id, request.Caller, cancellationToken));
    }

    /// <summary>The same for the JSON endpoint.</summary>
    public static IResult Answer(DeviceAnswer? answer) => answer is { Poll: DevicePoll.Deliver }
        ? OAuthAnswers.Fresh(DeviceTokens.Of(answer), StatusCodes.Status200OK)
        : OAuthAnswers.Fresh(DeviceError.Of(answer), StatusCodes.Status400BadRequest);
}
