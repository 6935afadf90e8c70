using System.Globalization;

namespace Spoq.Infrastructure.Instances.Providers;

/// <summary>What our servers are called where they run: <c>spoq-</c> and the mark, which is the instance's id or that of a move, so that each is found without an answer.</summary>
internal static class ServerMark
{
    private const string Prefix = "spoq-";

    public static string Of(Guid mark) => $"{Prefix}{mark:n}";

    public static bool Marks(string? name) => name?.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Null: a name that looks like ours and holds no mark.</summary>
    public static Guid? Read(string? name) =>
        Marks(name) && Guid.TryParseExact(name!.AsSpan(Prefix.Length), "n", out var id) ? id : null;

    /// <summary>What a wiped rental is called from then on.</summary>
    public static string Spare(long reference) => string.Create(CultureInfo.InvariantCulture, $"spare-{reference}");
}
