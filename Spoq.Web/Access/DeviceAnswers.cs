using System.Text.Json.Serialization;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;

namespace Spoq.Web.Access;

/// <param name="ClientId">Left out: the <c>spoq</c> command line.</param>
/// <param name="Scope">Space-separated; left out: all that the program may have.</param>
/// <param name="DeviceName">What the machine is called: shown to whoever is to approve.</param>
internal sealed record DeviceStartRequest(string? ClientId = null, string? Scope = null, string? DeviceName = null);

/// <summary>RFC 8628, section 3.2.</summary>
internal sealed record DeviceStartAnswer(string DeviceCode, string UserCode, string VerificationUri, string VerificationUriComplete, int ExpiresIn, int Interval)
{
    public static DeviceStartAnswer Of(DeviceStarted started, Uri baseUrl)
    {
        var verify = new Uri(baseUrl, "/auth/verify").AbsoluteUri;
        return new DeviceStartAnswer(started.DeviceCode, started.UserCode, verify, $"{verify}?code={started.UserCode}", (int)DeviceGrant.Life.TotalSeconds, (int)DeviceGrant.FirstInterval.TotalSeconds);
    }
}

internal sealed record DevicePollRequest(string? DeviceCode = null, string? ClientId = null);

/// <summary>RFC 6749, section 5.1, and where the account's computer is reached.</summary>
/// <param name="VpsHostname">Null: the account has no computer yet.</param>
internal sealed record DeviceTokens(
    string AccessToken, string TokenType, int ExpiresIn, string RefreshToken, string Scope, Guid UserId, string? VpsHostname,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? IdToken = null)
{
    public static DeviceTokens Of(DeviceAnswer answer)
    {
        var tokens = answer.Tokens!;
        return new DeviceTokens(tokens.AccessToken, "Bearer", (int)tokens.ExpiresIn.TotalSeconds, tokens.RefreshToken, tokens.Scope, answer.AccountId!.Value, answer.Hostname, tokens.IdToken);
    }
}

/// <summary>RFC 6749, section 5.2, with the codes of RFC 8628, section 3.5.</summary>
/// <param name="Interval">How many seconds to wait between polls from now on.</param>
internal sealed record DeviceError(string Error, string ErrorDescription, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Interval = null)
{
    public static DeviceError Of(DeviceAnswer? answer) => answer?.Poll switch
    {
        DevicePoll.Pending => new("authorization_pending", "Nobody has approved the words yet. Poll again after the interval.", Seconds(answer)),
        DevicePoll.SlowDown => new("slow_down", "That was too soon. Wait five seconds longer between polls from now on.", Seconds(answer)),
        DevicePoll.Denied => new("access_denied", "The request was denied."),
        DevicePoll.Expired => new("expired_token", "The words were valid for ten minutes. Start again."),
        DevicePoll.Spent or DevicePoll.Reused => new("invalid_grant", "This device code was used already. Start again."),
        _ => new("invalid_grant", "There is no such device code for this client. Start again."),
    };

    private static int Seconds(DeviceAnswer answer) => (int)answer.Interval.TotalSeconds;
}

/// <param name="UserCode">The words.</param>
/// <param name="Decision"><c>approve</c> or <c>deny</c>.</param>
internal sealed record DeviceDecision(string? UserCode = null, string? Decision = null);

internal sealed record DeviceDecided(string Status);
