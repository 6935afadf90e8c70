namespace Spoq.Core.Ai.Translation;

/// <summary>Why an answer ended, in both forms' words.</summary>
internal static class Reasons
{
    public static string ToOpenAi(string? reason) => reason switch
    {
        "max_tokens" or "model_context_window_exceeded" => "length",
        "tool_use" => "tool_calls",
        "refusal" => "content_filter",
        _ => "stop",
    };

    public static string ToAnthropic(string? reason) => reason switch
    {
        "length" => "max_tokens",
        "tool_calls" or "function_call" => "tool_use",
        "content_filter" => "refusal",
        _ => "end_turn",
    };
}
