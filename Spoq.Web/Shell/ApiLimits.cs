using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Options;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Access;
using Spoq.Web.Accounts;

namespace Spoq.Web.Shell;

/// <summary>A limit of an endpoint's own, beside the general one.</summary>
internal sealed record OwnLimit(string Name, Func<LimitOptions, RateRule> Rule);

/// <summary>
/// Counts requests of programs by API key, account or network address and says in every answer what is left
/// (draft-ietf-httpapi-ratelimit-headers). Who is over a limit is turned away from memory until it has room again.
/// </summary>
internal sealed class ApiLimits(RequestDelegate next, RateLimiter limiter, IOptions<LimitOptions> options, TimeProvider clock)
{
    public const string LimitHeader = "RateLimit";
    public const string PolicyHeader = "RateLimit-Policy";

    private const int MostRemembered = 10_000;

    private static readonly string[] s_paths = ["/api", "/v1", "/auth", "/oauth", "/openapi"];

    private readonly ConcurrentDictionary<string, DateTimeOffset> _turnedAway = [];

    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint() is not { } endpoint || !s_paths.Any(path => context.Request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase)))
        {
            await next(context);
            return;
        }

        var caller = context.Caller().LimitKey;
        var (name, key, rule) = Whose(context, caller);
        var standing = await CountAsync(name, key, rule, context.RequestAborted);
        if (standing.Wait is null && endpoint.Metadata.GetMetadata<OwnLimit>() is { } own)
        {
            (name, rule) = (own.Name, own.Rule(options.Value));
            standing = await CountAsync(name, context.User.FindAccountId()?.ToString() ?? caller, rule, context.RequestAborted);
        }

        // The exception handler clears the headers of a half-made answer; a limit that was hit deeper inside says so itself.
        var policy = string.Create(CultureInfo.InvariantCulture, $"\"{name}\";q={rule.Count};w={(long)rule.Per.TotalSeconds}");
        var left = Write(name, standing.Remaining, standing.Wait ?? standing.Reset);
        context.Response.OnStarting(() =>
        {
            context.Response.Headers.TryAdd(PolicyHeader, policy);
            context.Response.Headers.TryAdd(LimitHeader, left);
            return Task.CompletedTask;
        });
        if (standing.Wait is { } wait)
        {
            // By the name of the policy, which the problem does not know.
            context.Response.Headers[LimitHeader] = left;
            IResult no = endpoint.Metadata.GetMetadata<OAuthErrors>() is null ? ApiRefusals.TooManyRequests(wait).ToProblem() : OAuthAnswers.Error(ApiRefusals.TooManyRequests(wait));
            await no.ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    public static string Write(string name, int remaining, TimeSpan reset) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{name}\";r={remaining};t={Math.Max(0, (long)Math.Ceiling(reset.TotalSeconds))}");

    private (string Name, string Key, RateRule Rule) Whose(HttpContext context, string caller) => context.User switch
    {
        var user when user.ApiKeyId() is { } keyId => ("key", keyId.ToString(), RateRule.PerMinute(options.Value.KeyPerMinute)),
        var user when user.FindAccountId() is { } accountId => ("account", accountId.ToString(), RateRule.PerMinute(options.Value.AccountPerMinute)),
        _ => ("address", caller, RateRule.PerMinute(options.Value.AnonymousPerMinute)),
    };

    private async Task<RateStanding> CountAsync(string name, string key, RateRule rule, CancellationToken cancellationToken)
    {
        var who = $"{name} {key}";
        var now = clock.GetUtcNow();
        if (_turnedAway.TryGetValue(who, out var until) && until > now)
        {
            return new RateStanding(until - now, 0, until - now);
        }

        var standing = await limiter.CountAsync("api-" + name, key, rule, cancellationToken);
        if (standing.Wait is { } wait)
        {
            if (_turnedAway.Count >= MostRemembered)
            {
                _turnedAway.Clear();
            }

            _turnedAway[who] = now + wait;
        }
        else
        {
            _turnedAway.TryRemove(who, out _);
        }

        return standing;
    }
}

internal static class ApiLimitConvention
{
    public static TBuilder Limit<TBuilder>(this TBuilder builder, string name, Func<LimitOptions, RateRule> rule)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new OwnLimit(name, rule));
}
