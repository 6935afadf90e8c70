namespace Spoq.Core.Accounts;

/// <summary>As a person wants to be called.</summary>
public static class DisplayName
{
    /// <summary>Trimmed; empty where there is none.</summary>
    public static Result<string> Check(string? name)
    {
        var trimmed = name?.Trim() ?? "";
        return trimmed.Length > AccountRefusals.MaxNameLength ? AccountRefusals.NameTooLong
            : trimmed.Any(char.IsControl) ? AccountRefusals.NameUnprintable
            : trimmed;
    }
}
