using Spoq.Conductor.Desired;
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

/// <summary>Marks the one endpoint that only the control plane itself may call.</summary>
internal sealed class ForPokes
{
    public static readonly ForPokes Mark = new();
}

/// <summary>Lets a request in by its token alone: where it comes from and which host it names prove nothing. Local users come through a socket of their own.</summary>
internal sealed class TokenGate(ConductorConfig config, ControlPlaneKeys keys, StateHolder state, RateGate rate, TimeProvider clock)
{
    private readonly TokenRules _rules = new(config.Issuer, config.Hostname);
    private readonly TokenRules _pokes = new(config.Issuer, config.Hostname) { Type = TokenTypes.Poke };

    public RequestDelegate Around(RequestDelegate next) => async context =>
    {
        var metadata = context.GetEndpoint()?.Metadata;
        if (metadata?.GetMetadata<OpenToAll>() is not null)
        {
            await next(context);
            return;
        }

        var isPoke = metadata?.GetMetadata<ForPokes>() is not null;
        if (!isPoke && context.Features.Get<LocalUser>() is { } user)
        {
            await (rate.IsAllowed($"uid {user.Uid}") ? next(context) : RefuseAsync(context, ConductorRefusals.TooOften));
            return;
        }

        if (!(await CheckAsync(context, isPoke ? _pokes : _rules)).Try(out var claims, out var refusal) || (refusal = isPoke ? AdmitPoke(claims) : Admit(claims, context.Request.Method)) is not null)
        {
            await RefuseAsync(context, refusal);
            return;
        }

        // Who is let out while something runs for them does not keep it running.
        using var standing = isPoke ? null : state.WhenChanged(() =>
        {
            if (Admit(claims, context.Request.Method) is not null)
            {
                context.Abort();
            }
        });
        await next(context);
    };

    private static Task RefuseAsync(HttpContext context, Refusal refusal)
    {
        Challenge(context, refusal);
        return Problems.WriteAsync(context, refusal);
    }

    private async Task<Result<TokenClaims>> CheckAsync(HttpContext context, TokenRules rules)
    {
        const string Scheme = "Bearer ";

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
        var verified = TokenVerifier.Verify(token, known, rules, clock.GetUtcNow());
        if (!verified.Try(out var claims, out var refusal) && ReferenceEquals(refusal, AccessRefusals.KeyUnknown)
            && await keys.RefreshAsync(known, context.RequestAborted) is { } newer)
        {
            verified = TokenVerifier.Verify(token, newer, rules, clock.GetUtcNow());
        }

        if (!verified.Try(out claims, out refusal))
        {
            return refusal;
        }

        return rate.IsAllowed(claims.Subject) ? claims : ConductorRefusals.TooOften;
    }

    private Refusal? AdmitPoke(TokenClaims claims) => claims.InstanceId == config.InstanceId.ToString() ? null : AccessRefusals.TokenInvalid;

    /// <summary>Its owner, and whom the owner let in: the control plane signs their role into a token for this computer alone.</summary>
    private Refusal? Admit(TokenClaims claims, string method)
    {
        if (claims.InstanceId is { } named && named != config.InstanceId.ToString())
        {
            return AccessRefusals.TokenInvalid;
        }

        var desired = state.Current;
        if (desired is not null && Guid.TryParse(claims.GrantId, out var session) && desired.Ended.Contains(session))
        {
            return AccessRefusals.TokenInvalid;
        }

        return RoleOf(claims, desired) switch
        {
            "owner" or "operator" => null,
            "viewer" => HttpMethods.IsGet(method) ? null : InstanceRefusals.NotAllowed,
            _ => AccessRefusals.NotYours,
        };
    }

    /// <summary>What the token says, unless the control plane has told us since who is who. Null: nobody here.</summary>
    private string? RoleOf(TokenClaims claims, DesiredState? desired)
    {
        if (desired is not null && claims.IssuedAt <= desired.AsOf)
        {
            return desired.Members.FirstOrDefault(member => member.AccountId.ToString() == claims.Subject)?.Role;
        }

        return claims.Subject == config.OwnerId.ToString() ? "owner" : claims is { InstanceId: not null, Role: "operator" or "viewer" } ? claims.Role : null;
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
