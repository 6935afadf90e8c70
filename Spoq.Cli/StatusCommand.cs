using System.CommandLine;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Spoq.Cli;

/// <summary><c>spoq status</c>.</summary>
internal static class StatusCommand
{
    private static readonly Uri s_home = new("https://spoq.dev");

    public static Command Build()
    {
        var url = new Option<string?>("--url") { Description = "The control plane, such as http://localhost:5080 (default: SPOQ_URL)." };
        var json = new Option<bool>("--json") { Description = "Print one line of JSON." };
        var command = new Command("status", "Show whether the control plane is well, and its version.") { url, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(url), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? url, bool asJson, CancellationToken cancellationToken)
    {
        var text = url ?? Environment.GetEnvironmentVariable("SPOQ_URL");
        var root = s_home;
        if (!string.IsNullOrEmpty(text) && (!Uri.TryCreate(text, UriKind.Absolute, out root) || root.Scheme is not ("http" or "https")))
        {
            await Console.Error.WriteLineAsync($"'{text}' is not a web address. Give one such as https://spoq.dev with --url or SPOQ_URL.");
            return ExitCode.Usage;
        }

        try
        {
            return await AskAsync(root!, asJson, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            await Console.Error.WriteLineAsync($"{root} cannot be reached. Check your connection and the address (--url or SPOQ_URL), then try again.");
            return ExitCode.Network;
        }
    }

    private static async Task<int> AskAsync(Uri root, bool asJson, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = 64 * 1024 };
        using var answer = await http.GetAsync(new Uri($"{root.AbsoluteUri.TrimEnd('/')}/health"), cancellationToken);
        if (await ReadAsync(answer, cancellationToken) is not { Status: { } said } health)
        {
            await Console.Error.WriteLineAsync($"{root} answers, but not as a Spoq control plane (HTTP {(int)answer.StatusCode}). Check the address.");
            return ExitCode.Failed;
        }

        var state = answer.IsSuccessStatusCode ? said.ToLowerInvariant() : "unwell";
        var status = new StatusAnswer(root.AbsoluteUri.TrimEnd('/'), state, health.Version);
        Console.WriteLine(asJson ? JsonSerializer.Serialize(status, CliJson.Default.StatusAnswer) : Describe(status));
        return answer.IsSuccessStatusCode ? ExitCode.Ok : ExitCode.Failed;
    }

    /// <summary>Columns for people; one plain line where another program reads.</summary>
    private static string Describe(StatusAnswer status) => Console.IsOutputRedirected
        ? $"{status.State} {status.Version}".TrimEnd()
        : $"""
          Control plane  {status.Url}
          State          {status.State}
          Version        {status.Version ?? "not told"}
          """;

    private static async Task<HealthSeen?> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        try
        {
            return await answer.Content.ReadFromJsonAsync(CliJson.Default.HealthSeen, cancellationToken);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>What is read of <c>/health</c>: as little as possible, so that servers of any age are understood.</summary>
internal sealed record HealthSeen(string? Status, string? Version);

internal sealed record StatusAnswer(string Url, string State, string? Version);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthSeen))]
[JsonSerializable(typeof(StatusAnswer))]
internal sealed partial class CliJson : JsonSerializerContext;
