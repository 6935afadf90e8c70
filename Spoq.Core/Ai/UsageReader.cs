using System.Text.Json;

namespace Spoq.Core.Ai;

/// <summary>Finds what an upstream says was used, in both forms. What it says is believed, an explicit zero too.</summary>
public static class UsageReader
{
    /// <summary>The usage of a whole JSON answer; null: it tells none.</summary>
    /// <remarks>
    /// Within a text the quotes are escaped, so the bytes <c>"usage"</c> followed by a colon are always a member's name.
    /// The last one that is an object of numbers is it: both forms put it on the outermost level.
    /// </remarks>
    public static TokenUsage? Find(ReadOnlySpan<byte> answer, AiForm form)
    {
        for (var end = answer.Length; end > 0;)
        {
            var at = answer[..end].LastIndexOf("\"usage\""u8);
            if (at < 0)
            {
                return null;
            }

            if (Value(answer[(at + 7)..]) is { IsEmpty: false } value && TryRead(value, form, default) is { } usage)
            {
                return usage;
            }

            end = at;
        }

        return null;
    }

    /// <summary>What follows a member's name and its colon, if that is an object.</summary>
    internal static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> afterName)
    {
        var rest = afterName.TrimStart(" \t\r\n"u8);
        if (rest.IsEmpty || rest[0] != ':')
        {
            return default;
        }

        rest = rest[1..].TrimStart(" \t\r\n"u8);
        return !rest.IsEmpty && rest[0] == '{' ? rest : default;
    }

    /// <param name="json">Starts with the usage object; what follows it is not read.</param>
    /// <param name="form">Whose words it is in.</param>
    /// <param name="before">What was told earlier in the same stream: Anthropic's numbers are cumulative and may be told in parts.</param>
    /// <returns>Null: it is no usage.</returns>
    public static TokenUsage? TryRead(ReadOnlySpan<byte> json, AiForm form, in TokenUsage before)
    {
        try
        {
            // Not the final block: what follows the object does not matter.
            var reader = new Utf8JsonReader(json, isFinalBlock: false, default);
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject
                ? form == AiForm.OpenAi ? OpenAi(ref reader) : Anthropic(ref reader, before)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Prompt tokens include cached and written ones, completion tokens include reasoning.</summary>
    private static TokenUsage? OpenAi(ref Utf8JsonReader reader)
    {
        long? prompt = null, completion = null, total = null;
        long cached = 0, written = 0, reasoning = 0;
        var start = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > start)
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.ValueTextEquals("prompt_tokens"u8))
            {
                prompt = Number(ref reader) ?? prompt;
            }
            else if (reader.ValueTextEquals("completion_tokens"u8))
            {
                completion = Number(ref reader) ?? completion;
            }
            else if (reader.ValueTextEquals("total_tokens"u8))
            {
                total = Number(ref reader) ?? total;
            }
            else if (reader.ValueTextEquals("cached_tokens"u8))
            {
                cached = Number(ref reader) ?? 0;
            }
            else if (reader.ValueTextEquals("cache_write_tokens"u8))
            {
                written = Number(ref reader) ?? 0;
            }
            else if (reader.ValueTextEquals("reasoning_tokens"u8))
            {
                reasoning = Number(ref reader) ?? 0;
            }
        }

        // Half an object would be believed to be a small one.
        if (reader.TokenType != JsonTokenType.EndObject || reader.CurrentDepth != start || (prompt is null && completion is null))
        {
            return null;
        }

        var input = prompt ?? Math.Max(0, (total ?? 0) - completion!.Value);
        cached = Math.Min(cached, input);
        written = Math.Min(written, input - cached);
        var output = completion ?? 0;
        reasoning = Math.Min(reasoning, output);
        return new TokenUsage(input - cached - written, cached, written, output - reasoning, reasoning);
    }

    /// <summary>Input tokens exclude cached and written ones, output tokens include thinking.</summary>
    private static TokenUsage? Anthropic(ref Utf8JsonReader reader, in TokenUsage before)
    {
        long? input = null, cached = null, written = null, output = null, thinking = null;
        var start = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > start)
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (reader.CurrentDepth > start + 1)
            {
                if (reader.ValueTextEquals("thinking_tokens"u8))
                {
                    thinking = Number(ref reader);
                }

                continue;
            }

            if (reader.ValueTextEquals("input_tokens"u8))
            {
                input = Number(ref reader);
            }
            else if (reader.ValueTextEquals("cache_read_input_tokens"u8))
            {
                cached = Number(ref reader);
            }
            else if (reader.ValueTextEquals("cache_creation_input_tokens"u8))
            {
                written = Number(ref reader);
            }
            else if (reader.ValueTextEquals("output_tokens"u8))
            {
                output = Number(ref reader);
            }
        }

        if (reader.TokenType != JsonTokenType.EndObject || reader.CurrentDepth != start || (input is null && output is null))
        {
            return null;
        }

        var all = output ?? (before.Output + before.Reasoning);
        var reasoning = Math.Min(thinking ?? before.Reasoning, all);
        return new TokenUsage(input ?? before.Input, cached ?? before.CachedInput, written ?? before.CacheWrite, all - reasoning, reasoning);
    }

    private static long? Number(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value >= 0 ? value : null;
}
