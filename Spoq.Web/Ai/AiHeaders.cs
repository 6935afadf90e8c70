using Microsoft.Extensions.Primitives;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Keys;
using Spoq.Infrastructure.Ai.Limits;
using Spoq.Infrastructure.Ai.Upstreams;
using Spoq.Web.Shell;

namespace Spoq.Web.Ai;

/// <summary>What stands around the bodies.</summary>
internal static class AiHeaders
{
    private const int MostPassed = 1024;

    private static readonly StringValues s_noStore = "no-store";
    private static readonly StringValues s_noSniff = "nosniff";

    public static string RequestIdOf(HttpContext http) => http.TraceIdentifier;

    /// <summary>The id of the call is the one that its usage has.</summary>
    public static void Begin(HttpContext http, Guid requestId)
    {
        StringValues id = http.TraceIdentifier = requestId.ToString();
        var headers = http.Response.Headers;
        headers[RequestId.Header] = id;
        headers["request-id"] = id;
        headers.CacheControl = s_noStore;
        headers.XContentTypeOptions = s_noSniff;
    }

    /// <summary>The key's own limits, or the account's where an access token was shown or less is left of them.</summary>
    public static void Limits(HttpContext http, in AiCaller caller, long now)
    {
        var shown = caller.KeyLimits is { } key && IsTighter(key, caller.Account.Limits, now) ? key : caller.Account.Limits;
        var headers = http.Response.Headers;
        headers[ApiLimits.PolicyHeader] = shown.Policy;
        headers[ApiLimits.LimitHeader] = shown.Standing(now);
    }

    public static PassedHeaders Passed(HttpRequest request, AiForm form, AiForm theirs) => (form, theirs) switch
    {
        (AiForm.Anthropic, AiForm.Anthropic) => new PassedHeaders(Plain(request, "anthropic-version"), Plain(request, "anthropic-beta"), null),
        (AiForm.OpenAi, AiForm.OpenAi) => new PassedHeaders(null, null, Plain(request, "OpenAI-Beta")),
        _ => default,
    };

    /// <summary>Anthropic's libraries send this, OpenAI's a bearer (<see cref="Access.BearerToken"/>); either is taken everywhere.</summary>
    public static string? Key(HttpRequest request) => One(request, "x-api-key")?.Trim();

    /// <summary>What cannot be sent on would look like a failure of the upstream; it means nothing to any, so it stays here.</summary>
    private static string? Plain(HttpRequest request, string name) => One(request, name) is { Length: <= MostPassed } value && value.All(c => c is >= ' ' and <= '~') ? value : null;

    private static string? One(HttpRequest request, string name) => request.Headers.TryGetValue(name, out var value) && value.Count > 0 ? value.ToString() : null;

    private static bool IsTighter(AiLimits one, AiLimits other, long now) => one.Requests.Standing(now).Left <= other.Requests.Standing(now).Left;
}
