using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Instances;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Access;

/// <summary>Marks the one endpoint that asks for no token.</summary>
internal sealed class OpenToAll
{
    public static readonly OpenToAll Mark = new();
}

/// <summary>Lets a request in by its token alone: where it comes from and which host it names prove nothing. Local users come through a socket of their own.</summary>
internal sealed class TokenGate(ConductorConfig config, ControlPlaneKeys keys, RateGate rate, TimeProvider clock)
{
    private readonly TokenRules _rules = new(config.Issuer, config.Hostname);

    public RequestDelegate Around(RequestDelegate next) => async context =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<OpenToAll>() is null && await CheckAsync(context) is { } refusal)
        {
            Challenge(context, refusal);
            await Problems.WriteAsync(context, refusal);
            return;
        }

        await next(context);
    };

    private async Task<Refusal?> CheckAsync(HttpContext context)
    {
        const string Scheme = "Bearer ";
        if (context.Features.Get<LocalUser>() is { } user)
        {
            return rate.IsAllowed($"uid {user.Uid}") ? null : ConductorRefusals.TooOften;
        }

        if (context.Request.Headers.Authorization is not [{ } header])
        {
            return AccessRefusals.TokenMissing;
        }

        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return AccessRefusals.TokenMissing;
        }

        if (await keys.GetAsync(context.RequestAborted) is not { } known)
        {
            return AccessRefusals.KeysUnavailable;
        }

        var token = header[Scheme.Length..].Trim();
        var verified = TokenVerifier.Verify(token, known, _rules, clock.GetUtcNow());
        if (!verified.Try(out var claims, out var refusal) && ReferenceEquals(refusal, AccessRefusals.KeyUnknown)
            && await keys.RefreshAsync(known, context.RequestAborted) is { } newer)
        {
            verified = TokenVerifier.Verify(token, newer, _rules, clock.GetUtcNow());
        }

        if (!verified.Try(out claims, out refusal))
        {
            return refusal;
        }

        return Admit(claims, context.Request.Method) ?? (rate.IsAllowed(claims.Subject) ? null : ConductorRefusals.TooOften);
    }

    /// <summary>Its owner, and whom the owner let in: the control plane signs their role into a token for this computer alone.</summary>
    private Refusal? Admit(TokenClaims claims, string method)
    {
        if (claims.InstanceId is { } named && named != config.InstanceId.ToString())
        {
            return AccessRefusals.TokenInvalid;
        }

        return claims switch
        {
            _ when claims.Subject == config.OwnerId.ToString() => null,
            { InstanceId: not null, Role: "operator" } => null,
            { InstanceId: not null, Role: "viewer" } => HttpMethods.IsGet(method) ? null : InstanceRefusals.NotAllowed,
            _ => AccessRefusals.NotYours,
        };
    }

    /// <summary>RFC 6750, section 3: a request without a token is told no error code.</summary>
    private static void Challenge(HttpContext context, Refusal refusal)
    {
        if (refusal.Kind is RefusalKind.Unauthenticated or RefusalKind.Forbidden)
        {
            context.Response.Headers.WWWAuthenticate = ReferenceEquals(refusal, AccessRefusals.TokenMissing)
                ? "Bearer realm=\"spoq\""
                : $"Bearer realm=\"spoq\", error=\"{(refusal.Kind == RefusalKind.Forbidden ? "insufficient_scope" : "invalid_token")}\", error_description=\"{refusal.Message}\"";
        }
    }
}
