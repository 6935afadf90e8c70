using System.Runtime.InteropServices;

namespace Spoq.Conductor.Updates;

internal static class ThisArtifact
{
    /// <summary>Such as <c>conductor-linux-amd64</c>.</summary>
    public static string Name { get; } = $"conductor-{Platform}";

    /// <summary>Of the <c>spoq</c> on the same computer.</summary>
    public static string CommandLineName { get; } = $"spoq-{Platform}";

    private static string Platform => $"linux-{(RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64")}";

    /// <summary>The key that updates must be signed with; null: a development build.</summary>
    public static string? ReleaseKey { get; } = BuildFile.KeyOf(typeof(ThisArtifact).Assembly);
}
