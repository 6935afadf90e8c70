namespace Spoq.Core.Devices;

/// <summary>A login name on the instance, by the rules of Linux.</summary>
public static class Username
{
    public const int MaxLength = 32;

    public static Result<string> Check(string text)
    {
        var name = text.Trim();
        return name switch
        {
            "" => DeviceRefusals.UsernameMissing,
            { Length: > MaxLength } => DeviceRefusals.UsernameTooLong,
            _ when name.Any(char.IsAsciiLetterUpper) => DeviceRefusals.UsernameUpperCase,
            _ when !name.All(IsAllowed) => DeviceRefusals.UsernameCharacters,
            _ when !IsStart(name[0]) => DeviceRefusals.UsernameStart,
            _ when SystemUsers.Contains(name) => DeviceRefusals.UsernameReserved(name),
            _ => name,
        };
    }

    /// <summary>A username to begin with, made from a chosen address; always a valid one.</summary>
    public static string Suggest(string address)
    {
        var name = new string([.. address.ToLowerInvariant().Where(IsAllowed).SkipWhile(c => !IsStart(c)).Take(MaxLength)]).TrimEnd('-');
        return Check(name).Try(out var checkedName, out _) ? checkedName : "me";
    }

    private static bool IsAllowed(char c) => IsStart(c) || char.IsAsciiDigit(c) || c == '-';

    private static bool IsStart(char c) => char.IsAsciiLetterLower(c) || c == '_';
}
