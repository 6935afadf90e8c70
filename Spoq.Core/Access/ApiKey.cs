using System.Security.Cryptography;

namespace Spoq.Core.Access;

/// <summary>What a customer chose for a key.</summary>
/// <param name="Scope">Space-separated, in the order of the scopes' list.</param>
/// <param name="MonthlyCap">In microdollars; null: no cap of its own.</param>
public sealed record ApiKeyTerms(string Name, string Scope, DateTimeOffset? ExpiresAt, long? MonthlyCap)
{
    /// <summary>What a key can be let do: everything of the API but signing in and managing the account.</summary>
    public static readonly IReadOnlyList<string> Scopes = ["ai", "instance", "identity", "email.read", "email.send", "calendar", "phone", "signal"];

    public static Result<ApiKeyTerms> Check(string? name, IReadOnlyCollection<string>? scopes, DateTimeOffset? expiresAt, long? monthlyCap, DateTimeOffset now)
    {
        var trimmed = name?.Trim() ?? "";
        var no = trimmed.Length == 0 ? ApiKeyRefusals.NameMissing
            : trimmed.Length > ApiKey.MaxName || trimmed.Any(char.IsControl) ? ApiKeyRefusals.NameBad
            : scopes is not { Count: > 0 } ? ApiKeyRefusals.ScopesMissing
            : scopes.Any(scope => !Scopes.Contains(scope)) ? ApiKeyRefusals.ScopeUnknown
            : expiresAt < now + ApiKey.MinLife ? ApiKeyRefusals.ExpiryPast
            : CheckCap(monthlyCap);
        return no is null ? new ApiKeyTerms(trimmed, string.Join(' ', Scopes.Where(scopes!.Contains)), expiresAt?.ToUniversalTime(), monthlyCap) : no;
    }

    public static Refusal? CheckCap(long? monthlyCap) => monthlyCap is <= 0 or > ApiKey.MaxCap ? ApiKeyRefusals.BadCap : null;
}

/// <summary>A long-lived secret for a customer's own programs. Only its hash and its first characters are kept.</summary>
public sealed class ApiKey
{
    public const int MaxPerAccount = 25;

    public const int MaxName = 60;

    /// <summary>How long a replaced secret may live on, so that programs can be moved over one by one.</summary>
    public static readonly TimeSpan MaxOverlap = TimeSpan.FromHours(72);

    public static readonly TimeSpan MinLife = TimeSpan.FromMinutes(1);

    /// <summary>A million dollars a month is a typing mistake.</summary>
    public const long MaxCap = 1_000_000_000_000;

    private ApiKey()
    {
    }

    public ApiKey(Guid id, Guid accountId, ApiKeyTerms terms, string key, DateTimeOffset now)
    {
        Id = id;
        AccountId = accountId;
        Name = terms.Name;
        Scope = terms.Scope;
        ExpiresAt = terms.ExpiresAt;
        MonthlyCap = terms.MonthlyCap;
        CreatedAt = now;
        Shown = ApiKeyText.ShownOf(key);
        SecretHash = Hash(key);
    }

    public Guid Id { get; private set; }

    public Guid AccountId { get; private set; }

    public string Name { get; private set; } = "";

    public string Scope { get; private set; } = "";

    /// <summary>The first characters after <see cref="ApiKeyText.Prefix"/>, to recognise it by.</summary>
    public string Shown { get; private set; } = "";

    /// <summary>SHA-256; 256 random bits need no slow hash.</summary>
    public byte[] SecretHash { get; private set; } = [];

    /// <summary>The secret before the last rotation, good until <see cref="PreviousUntil"/>.</summary>
    public byte[]? PreviousHash { get; private set; }

    public DateTimeOffset? PreviousUntil { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DateTimeOffset? RotatedAt { get; private set; }

    public DateTimeOffset? ExpiresAt { get; private set; }

    /// <summary>In microdollars.</summary>
    public long? MonthlyCap { get; private set; }

    public DateTimeOffset? LastUsedAt { get; private set; }

    public System.Net.IPAddress? LastUsedAddress { get; private set; }

    public DateTimeOffset? RevokedAt { get; private set; }

    public IEnumerable<string> Scopes => Scope.Split(' ');

    /// <summary>Hours as a program or a form says them; what is out of range stays out of range, however far.</summary>
    public static TimeSpan OverlapOf(int hours) => TimeSpan.FromHours(Math.Clamp(hours, -1, (int)MaxOverlap.TotalHours + 1));

    public static byte[] Hash(string key) => SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(key));

    public bool IsLive(DateTimeOffset now) => RevokedAt is null && (ExpiresAt is null || now < ExpiresAt);

    /// <summary>Until when this secret opens anything; null: it does not, or no more.</summary>
    public DateTimeOffset? OpenUntil(ReadOnlySpan<byte> hash, DateTimeOffset now)
    {
        if (!IsLive(now))
        {
            return null;
        }

        var end = ExpiresAt ?? DateTimeOffset.MaxValue;
        if (CryptographicOperations.FixedTimeEquals(hash, SecretHash))
        {
            return end;
        }

        return now < PreviousUntil && CryptographicOperations.FixedTimeEquals(hash, PreviousHash)
            ? PreviousUntil < end ? PreviousUntil : end
            : null;
    }

    /// <summary>A new secret. The one before lives on for the overlap; one that was still living on from before ends now.</summary>
    public Refusal? Rotate(string key, TimeSpan overlap, DateTimeOffset now)
    {
        if (!IsLive(now))
        {
            return ApiKeyRefusals.Over;
        }

        if (overlap < TimeSpan.Zero || overlap > MaxOverlap)
        {
            return ApiKeyRefusals.BadOverlap;
        }

        var livesOn = overlap > TimeSpan.Zero;
        (PreviousHash, PreviousUntil) = (livesOn ? SecretHash : null, livesOn ? now + overlap : null);
        (SecretHash, Shown, RotatedAt) = (Hash(key), ApiKeyText.ShownOf(key), now);
        return null;
    }

    /// <param name="monthlyCap">In microdollars; null: the account's only.</param>
    public Refusal? SetCap(long? monthlyCap)
    {
        if (ApiKeyTerms.CheckCap(monthlyCap) is { } no)
        {
            return no;
        }

        MonthlyCap = monthlyCap;
        return null;
    }

    public void Revoke(DateTimeOffset now) => RevokedAt ??= now;
}
