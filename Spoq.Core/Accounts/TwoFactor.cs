namespace Spoq.Core.Accounts;

/// <summary>The authenticator app of an account. There is a row once its person typed a code from it.</summary>
public sealed class TwoFactor(Guid accountId, byte[] secret, long lastStep, DateTimeOffset createdAt)
{
    public const int RecoveryCodes = 10;

    public Guid AccountId { get; private set; } = accountId;

    /// <summary>Encrypted: whoever reads it can make codes.</summary>
    public byte[] Secret { get; private set; } = secret;

    /// <summary>The step of the newest code that was used: it and all before it are spent (RFC 6238, 5.2).</summary>
    public long LastStep { get; private set; } = lastStep;

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    public bool Spend(long step)
    {
        if (step <= LastStep)
        {
            return false;
        }

        LastStep = step;
        return true;
    }
}

/// <summary>Opens the account once when the authenticator app is gone. Only the hash of its 80 random bits is kept.</summary>
public sealed class RecoveryCode(Guid id, Guid accountId, byte[] hash)
{
    public const int Bytes = 10;
    private const int Letters = 16;
    private const int Group = 4;

    public Guid Id { get; private set; } = id;

    public Guid AccountId { get; private set; } = accountId;

    public byte[] Hash { get; private set; } = hash;

    public DateTimeOffset? UsedAt { get; private set; }

    /// <summary>As people see it: four groups of four.</summary>
    public static string Show(ReadOnlySpan<byte> random)
    {
        var text = Totp.Text(random).ToLowerInvariant();
        return string.Join('-', Enumerable.Range(0, Letters / Group).Select(n => text.Substring(n * Group, Group)));
    }

    /// <summary>The letters of what was typed, or null when it is no such code.</summary>
    public static string? Read(string? typed)
    {
        var letters = string.Concat((typed ?? "").Where(c => c is not (' ' or '-')).Take(Letters + 1)).ToLowerInvariant();
        return letters.Length == Letters && letters.All(c => c is >= 'a' and <= 'z' or >= '2' and <= '7') ? letters : null;
    }
}

/// <summary>The first step of signing in is done; this is what its person holds while they look for the code.</summary>
public sealed class SecondFactorTicket(Guid id, Guid accountId, byte[] hash, string method, DateTimeOffset createdAt)
{
    public const int MaxTries = 5;

    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    public Guid Id { get; private set; } = id;

    public Guid AccountId { get; private set; } = accountId;

    public byte[] Hash { get; private set; } = hash;

    /// <summary>How the first step was done; see <see cref="SignInMethod"/>.</summary>
    public string Method { get; private set; } = method;

    public int Tries { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    public DateTimeOffset? UsedAt { get; private set; }

    public bool IsOpen(DateTimeOffset now) => UsedAt is null && Tries < MaxTries && now < CreatedAt + Life;

    /// <summary>Counts the try, also when it is right.</summary>
    public Refusal? Try(DateTimeOffset now)
    {
        if (!IsOpen(now))
        {
            return AccountRefusals.SecondStepOver;
        }

        Tries++;
        return null;
    }

    public void Use(DateTimeOffset now) => UsedAt = now;
}
