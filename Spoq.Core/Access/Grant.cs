namespace Spoq.Core.Access;

/// <summary>An account let a program in. Every access and refresh token belongs to a grant and dies with it.</summary>
/// <param name="accountId">May be the id of a sign-up whose address is not confirmed yet; it becomes the account's id.</param>
/// <param name="name">What the program is called where its owner sees it.</param>
public sealed class Grant(Guid id, Guid accountId, string clientId, string scope, string? name, DateTimeOffset createdAt)
{
    public const int MaxNameLength = 100;

    public Guid Id { get; private set; } = id;

    public Guid AccountId { get; private set; } = accountId;

    public string ClientId { get; private set; } = clientId;

    /// <summary>As RFC 6749 writes it; read it with <see cref="ScopeSet.Parse"/>.</summary>
    public string Scope { get; private set; } = scope;

    public string? Name { get; private set; } = name is { Length: > MaxNameLength } ? name[..MaxNameLength] : name;

    /// <summary>Where it runs: the host its answers went to; null where there is none to tell.</summary>
    public string? Place { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    /// <summary>Exact to a minute.</summary>
    public DateTimeOffset? LastUsedAt { get; private set; }

    public DateTimeOffset? RevokedAt { get; private set; }

    public bool IsRevoked => RevokedAt is not null;

    public void At(string place) => Place = place;

    public void Revoke(DateTimeOffset at) => RevokedAt ??= at;
}
