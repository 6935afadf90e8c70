namespace Spoq.Core.Access;

/// <summary>What a caller showed.</summary>
public enum CredentialKind
{
    Cookie,
    Token,
    ApiKey,
}

/// <summary>Who calls, as far as a rule needs to know.</summary>
public sealed record CallerFacts(CredentialKind Kind, ScopeSet Scopes)
{
    /// <summary>The account's e-mail address is confirmed.</summary>
    public bool IsConfirmed { get; init; } = true;

    public bool IsAdmin { get; init; }
}

/// <summary>Who may call an endpoint. Every mapped endpoint has exactly one, or is open to all.</summary>
/// <param name="Scope">What a token must hold, unless it holds <see cref="Scopes.Account"/>; a cookie holds everything.</param>
public sealed record CallerRule(string Scope)
{
    public bool AcceptsApiKeys { get; init; }

    /// <summary>With <see cref="AcceptsApiKeys"/>: whatever the key's scopes are. For what a key may know about itself.</summary>
    public bool IsForAnyApiKey { get; init; }

    public bool AllowsUnconfirmed { get; init; }

    public bool NeedsAdmin { get; init; }

    /// <summary>Null: let in.</summary>
    public Refusal? Check(CallerFacts caller)
    {
        if (caller.Kind == CredentialKind.ApiKey && !AcceptsApiKeys)
        {
            return AccessRefusals.ApiKeyNotAccepted;
        }

        if (!IsHeldBy(caller))
        {
            return AccessRefusals.InsufficientScope(Scope);
        }

        if (!caller.IsConfirmed && !AllowsUnconfirmed)
        {
            return AccessRefusals.EmailUnconfirmed;
        }

        return NeedsAdmin && !caller.IsAdmin ? AccessRefusals.AdminOnly : null;
    }

    private bool IsHeldBy(CallerFacts caller) => caller.Kind switch
    {
        CredentialKind.Cookie => true,
        CredentialKind.Token => caller.Scopes.Contains(Scope) || caller.Scopes.Contains(Scopes.Account),
        _ => IsForAnyApiKey || caller.Scopes.Contains(Scope),
    };
}

/// <summary>The endpoint is for whoever runs this installation, by its operator key.</summary>
public sealed record OperatorKeyRule;

/// <summary>The endpoint is for servers of ours and checks their own token itself.</summary>
public sealed record InstanceTokenRule;
