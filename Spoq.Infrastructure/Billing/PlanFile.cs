using System.Text.Json;
using System.Text.Json.Serialization;
using Spoq.Core.Billing;

namespace Spoq.Infrastructure.Billing;

/// <summary>Reads the plan catalogue from its checked-in file.</summary>
internal static class PlanFile
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <exception cref="InvalidDataException">There is no such file, or it holds no usable catalogue; the message says where and why.</exception>
    public static PlanCatalogue Load(string path)
    {
        try
        {
            return Read(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"The plan catalogue {path} cannot be read: {e.Message}", e);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    public static PlanCatalogue Read(string json)
    {
        try
        {
            var file = JsonSerializer.Deserialize<CatalogueFile>(json, s_json) ?? throw new InvalidDataException("The plan catalogue is empty.");
            return new PlanCatalogue([.. file.Plans.Select(plan => ToPlan(plan, file.Currency))]);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The plan catalogue is not in the form expected: {e.Message}", e);
        }
    }

    private static Plan ToPlan(PlanEntry entry, string currency) => new(
        entry.Key,
        entry.Name,
        entry.Summary,
        entry.Server,
        new ServerSize(entry.Cpus, entry.MemoryGb, entry.DiskGb),
        new Money(entry.Monthly, currency),
        entry.Yearly is { } yearly ? new Money(yearly, currency) : null,
        entry.IncludedTokens,
        new TokenPrice(entry.Overage.InputPerThousand, entry.Overage.OutputPerThousand),
        entry.AgentIdentity,
        entry.Support);

    private sealed record CatalogueFile(string Currency, IReadOnlyList<PlanEntry> Plans);

    private sealed record PlanEntry(
        string Key,
        string Name,
        string Summary,
        ServerKind Server,
        long Monthly,
        OverageEntry Overage,
        long? Yearly = null,
        int Cpus = 0,
        int MemoryGb = 0,
        int DiskGb = 0,
        long IncludedTokens = 0,
        bool AgentIdentity = false,
        Support Support = Support.Community);

    private sealed record OverageEntry(long InputPerThousand, long OutputPerThousand);
}
