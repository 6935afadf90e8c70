using System.Text.Json;

namespace Spoq.Tests.Emulators.Ai;

/// <summary>
/// What a request asks of the emulator, in the member <c>x_script</c>: unknown members pass through the proxy, so a test
/// decides request by request what the upstream does.
/// </summary>
/// <param name="Id">To find it in the ledger.</param>
/// <param name="Fault">See <see cref="AiEmulator"/>.</param>
/// <param name="After">After how many tokens the fault comes.</param>
/// <param name="Says">What it says as its first token, in place of a word.</param>
/// <param name="IsForgotten">The ledger does not keep the body: a crowd of large ones would be the memory of all tests that run.</param>
public sealed record AiScript(string Id = "", string Fault = "", int After = 0, int Tokens = 5, int Prompt = 11, int Cached = 0, int DelayMilliseconds = 0, string Only = "", string Says = "", bool IsForgotten = false)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web);

    public string Word(int at) => at == 0 && Says.Length > 0 ? Says : AiEmulator.Word(at);

    public string Text() => string.Concat(Enumerable.Range(0, Tokens).Select(Word));

    /// <summary>Where a request is translated, unknown members stay behind: then the script stands in a text, between <c>[[</c> and <c>]]</c>.</summary>
    public static AiScript Of(JsonElement body) =>
        body.TryGetProperty("x_script", out var script) ? script.Deserialize<AiScript>(s_json)!
        : InText(body) is { } text ? JsonSerializer.Deserialize<AiScript>(text, s_json)!
        : new AiScript();

    private static string? InText(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().Select(member => InText(member.Value)).LastOrDefault(found => found is not null),
        JsonValueKind.Array => element.EnumerateArray().Select(InText).LastOrDefault(found => found is not null),
        JsonValueKind.String when element.GetString()! is var text && text.IndexOf("[[{", StringComparison.Ordinal) is >= 0 and var start => text[(start + 2)..text.IndexOf("]]", start, StringComparison.Ordinal)],
        _ => null,
    };
}
