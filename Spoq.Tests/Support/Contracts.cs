using System.Text.Json;

namespace Spoq.Tests.Support;

/// <summary>Vendors' published contracts, which lie beside the repository and never in it.</summary>
internal static class Contracts
{
    private static readonly string s_folder = Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "contracts"));

    /// <summary>Null: they are there.</summary>
    public static string? Missing { get; } = Directory.Exists(s_folder) ? null : $"The vendors' contracts are not at {s_folder}.";

    public static JsonElement Read(string name) => JsonDocument.Parse(File.ReadAllText(Path.Combine(s_folder, name))).RootElement;
}

/// <summary>A test against a vendor's contract; where that is absent it is skipped and says so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ContractFactAttribute : FactAttribute
{
    public ContractFactAttribute() => Skip = Contracts.Missing;
}

/// <inheritdoc cref="ContractFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ContractTheoryAttribute : TheoryAttribute
{
    public ContractTheoryAttribute() => Skip = Contracts.Missing;
}
