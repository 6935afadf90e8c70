using System.Collections.Immutable;

namespace Spoq.Core.Access;

/// <summary>The <c>scope</c> of RFC 6749, section 3.3: words with a space between, whose order says nothing.</summary>
public sealed class ScopeSet : IEquatable<ScopeSet>
{
    public static readonly ScopeSet Empty = new([]);

    private readonly ImmutableSortedSet<string> _scopes;

    private ScopeSet(IEnumerable<string> scopes) => _scopes = scopes.ToImmutableSortedSet(StringComparer.Ordinal);

    public int Count => _scopes.Count;

    public static ScopeSet Parse(string? text) =>
        string.IsNullOrWhiteSpace(text) ? Empty : new(text.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    public static ScopeSet Of(IEnumerable<string> scopes) => new(scopes);

    public bool Contains(string scope) => _scopes.Contains(scope);

    public bool IsWithin(ScopeSet other) => _scopes.IsSubsetOf(other._scopes);

    public ScopeSet And(ScopeSet other) => new(_scopes.Intersect(other._scopes));

    /// <summary>In the order people read them: see <see cref="Scopes.Grantable"/>.</summary>
    public IReadOnlyList<string> InOrder() => [.. Scopes.Grantable.Where(Contains), .. _scopes.Where(scope => !Scopes.IsGrantable(scope))];

    public override string ToString() => string.Join(' ', InOrder());

    public bool Equals(ScopeSet? other) => other is not null && _scopes.SetEquals(other._scopes);

    public override bool Equals(object? obj) => Equals(obj as ScopeSet);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);
}
