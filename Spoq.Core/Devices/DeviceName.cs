using System.Text;

namespace Spoq.Core.Devices;

/// <summary>What people call a device; any script and emoji, nothing invisible.</summary>
public static class DeviceName
{
    public const int MaxLength = 64;

    private static readonly Rune s_zeroWidthJoiner = new(0x200D);

    public static Result<string> Check(string text)
    {
        var name = text.Trim();
        if (name.Length == 0)
        {
            return DeviceRefusals.NameMissing;
        }

        if (name.Length > MaxLength)
        {
            return DeviceRefusals.NameTooLong;
        }

        // The joiner holds emoji together.
        return name.EnumerateRunes().All(rune => KeyComment.IsVisible(rune) || rune == s_zeroWidthJoiner) && name.EnumerateRunes().Any(KeyComment.IsVisible)
            ? name
            : DeviceRefusals.NameCharacters;
    }

    /// <summary>A first name for a pasted key: its comment, such as <c>alice@laptop</c>, or what it is.</summary>
    public static string Suggest(SshPublicKey key) =>
        key.Comment is { } comment && Check(comment).Try(out var name, out _) ? name : "My device";

    public static string Suggest(string handle) => handle.Length < MaxLength ? $"@{handle}" : handle;
}
