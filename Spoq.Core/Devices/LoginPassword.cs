namespace Spoq.Core.Devices;

/// <summary>The rules for a login password on an instance; keys need none.</summary>
public static class LoginPassword
{
    public const int MinLength = 12;
    public const int MaxLength = 128;

    /// <summary>Null when it may be used.</summary>
    public static Refusal? Check(string password, string username) => password switch
    {
        { Length: < MinLength } => DeviceRefusals.PasswordTooShort,
        { Length: > MaxLength } => DeviceRefusals.PasswordTooLong,
        _ when !password.EnumerateRunes().All(KeyComment.IsVisible) => DeviceRefusals.PasswordCharacters,
        _ when !password.Any(char.IsAsciiDigit) => DeviceRefusals.PasswordNeedsDigit,
        _ when password.All(char.IsLetterOrDigit) => DeviceRefusals.PasswordNeedsSpecial,
        _ when username.Length > 2 && password.Contains(username, StringComparison.OrdinalIgnoreCase) => DeviceRefusals.PasswordHoldsUsername,
        _ => null,
    };
}
