namespace Spoq.Core.Devices;

/// <summary>An ssh.id handle: public, not a secret, so its keys are always shown before they are let in.</summary>
public static class Handle
{
    public const int MaxLength = 64;

    /// <summary>Takes <c>alice</c>, <c>@alice</c> and the address <c>https://sshid.io/alice</c>; gives <c>alice</c>.</summary>
    public static Result<string> Check(string text)
    {
        var handle = text.Trim();
        if (handle.Length > 1024)
        {
            return DeviceRefusals.HandleMalformed;
        }

        foreach (var prefix in (string[])["https://", "http://", "www.", "sshid.io/", "@"])
        {
            handle = handle.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) ? handle[prefix.Length..] : handle;
        }

        handle = handle.TrimEnd('/');
        if (handle.Length == 0)
        {
            return DeviceRefusals.HandleMissing;
        }

        // Dots alone would climb out of the path they are put into.
        var isHandle = handle.Length <= MaxLength && handle.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') && handle.Any(c => c != '.');
        return isHandle ? handle : DeviceRefusals.HandleMalformed;
    }
}
