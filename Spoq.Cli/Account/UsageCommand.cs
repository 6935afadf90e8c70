using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Spoq.Cli.Terminal;

namespace Spoq.Cli.Account;

/// <summary><c>spoq usage</c>.</summary>
internal static class UsageCommand
{
    public static Command Build() => SpoqCommand.Verb("usage", "Show what AI requests have used.", (call, _, cancellationToken) => RunAsync(call, cancellationToken));

    /// <summary>The control plane's own words, so that what it counts tomorrow is shown without a new version of this.</summary>
    private static async Task<int> RunAsync(Call call, CancellationToken cancellationToken)
    {
        using var answer = await call.ControlPlane.SendAsync(HttpMethod.Get, "/v1/usage/remaining", null, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        try
        {
            using var json = JsonDocument.Parse(text);
            call.Screen.Say(call.WantsJson ? Compact(json) : Columns.Pairs(call.Screen, [.. json.RootElement.EnumerateObject().Where(one => one.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number).Select(Pair)]));
            return ExitCode.Ok;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw call.ControlPlane.Strange(answer);
        }
    }

    private static (string Name, string? Value) Pair(JsonProperty member)
    {
        var isMoney = member.Name.EndsWith("microdollars", StringComparison.Ordinal);
        var name = (isMoney ? member.Name[..^"microdollars".Length] : member.Name).Replace('_', ' ').Trim();
        var value = member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt64(out var number)
            ? isMoney ? $"${(number / 1_000_000m).ToString("0.00", CultureInfo.InvariantCulture)}" : number.ToString("N0", CultureInfo.InvariantCulture)
            : member.Value.ToString();
        return (name.Length == 0 ? "cost" : char.ToUpperInvariant(name[0]) + name[1..], value);
    }

    private static string Compact(JsonDocument json)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            json.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
