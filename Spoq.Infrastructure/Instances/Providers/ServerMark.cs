using System.Globalization;

namespace Spoq.Infrastructure.Instances.Providers;

/// <summary>What our servers are called where they run: <c>spoq-</c> and the instance's id, so that each is found without an answer.</summary>
internal static class ServerMark
{
    private const string Prefix = "spoq-";

    public static string Of(Guid instanceId) => $"{Prefix}{instanceId:n}";

    public static bool Marks(string? name) => name?.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Null: a name that looks like ours and names no instance.</summary>
    public static Guid? Read(string? name) =>
        Marks(name) && Guid.TryParseExact(name!.AsSpan(Prefix.Length), "n", out var id) ? id : null;

    /// <summary>What a wiped rental is called from then on.</summary>
    public static string Spare(long reference) => string.Create(CultureInfo.InvariantCulture, $"spare-{reference}");
}
