namespace Spoq.Core.Accounts;

/// <summary>Length is what counts; only passwords that attackers try first are refused, however long.</summary>
public static class PasswordRule
{
    public const int MinLength = 12;

    /// <summary>Hashing must stay cheap for us, too.</summary>
    public const int MaxLength = 1000;

    private const int FewDistinct = 4;

    private static readonly string[] s_runs = ["abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "09876543210987654321", "qwertyuiopasdfghjklzxcvbnm", "zyxwvutsrqponmlkjihgfedcba"];

    private static readonly Lazy<HashSet<string>> s_common = new(Load);

    public static Refusal? Check(string? password, string email)
    {
        if (string.IsNullOrEmpty(password))
        {
            return AccountRefusals.PasswordMissing;
        }

        if (password.Length < MinLength)
        {
            return AccountRefusals.PasswordTooShort;
        }

        if (password.Length > MaxLength)
        {
            return AccountRefusals.PasswordTooLong;
        }

        if (IsOf(password, email))
        {
            return AccountRefusals.PasswordIsEmail;
        }

        return IsCommon(password.ToLowerInvariant()) ? AccountRefusals.PasswordCommon : null;
    }

    private static bool IsOf(string password, string email) =>
        string.Equals(password, email, StringComparison.OrdinalIgnoreCase)
        || string.Equals(password, email.Split('@')[0], StringComparison.OrdinalIgnoreCase);

    private static bool IsCommon(string password)
    {
        if (s_common.Value.Contains(password) || password.Distinct().Count() <= FewDistinct || s_runs.Any(run => run.Contains(password, StringComparison.Ordinal)))
        {
            return true;
        }

        // password1234! and letmeinletmein are as easy to guess as what they are made of.
        var word = password.Trim([.. password.Where(c => !char.IsLetter(c))]);
        return s_common.Value.Contains(word) || Repeats(password) is { } part && s_common.Value.Contains(part);
    }

    private static string? Repeats(string password)
    {
        for (var size = 3; size <= password.Length / 2; size++)
        {
            if (password.Length % size == 0 && password == string.Concat(Enumerable.Repeat(password[..size], password.Length / size)))
            {
                return password[..size];
            }
        }

        return null;
    }

    private static HashSet<string> Load()
    {
        using var stream = typeof(PasswordRule).Assembly.GetManifestResourceStream("common-passwords.txt")!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
