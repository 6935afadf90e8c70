using System.Text.Json;

namespace Spoq.Core.Ai;

/// <summary>Finds what an upstream says was used, in both forms. What it says is believed, an explicit zero too.</summary>
public static class UsageReader
{
    /// <summary>The usage of a whole JSON answer; null: it tells none.</summary>
    public static TokenUsage? Find(ReadOnlySpan<byte> answer, AiForm form) =>
        Outermost(answer) is { IsEmpty: false } value ? TryRead(value, form, default) : null;

    /// <summary>The object that the outermost member <c>usage</c> holds, and what follows it; empty: there is none.</summary>
    /// <remarks>
    /// What a model was made to say must not count: neither a text nor the arguments of a call that have a usage in them.
    /// In a text the quotes are escaped, so <c>"usage"</c> with a colon is always a member's name. It is nearly always
    /// the last one, and then reading from there to the end tells that it is outermost; else all is read.
    /// </remarks>
    public static ReadOnlySpan<byte> Outermost(ReadOnlySpan<byte> json)
    {
        var at = json.LastIndexOf("\"usage\""u8);
        if (at < 0)
        {
            return default;
        }

        var value = Value(json[(at + 7)..]);
        return ClosesOnce(json[(at + 7)..]) ? value : Member(json, "usage"u8);
    }

    /// <summary>The object that an outermost member holds, and what follows it; empty: it is none.</summary>
    public static ReadOnlySpan<byte> Member(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            ReadOnlySpan<byte> found = default;
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isIt = reader.ValueTextEquals(name);
                reader.Read();
                if (isIt)
                {
                    found = reader.TokenType == JsonTokenType.StartObject ? json[(int)reader.TokenStartIndex..] : default;
                }

                reader.Skip();
            }

            return found;
        }
        catch (JsonException)
        {
            return default;
        }
    }

    /// <summary>What follows a member's name and its colon, if that is an object.</summary>
    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> afterName)
    {
        var rest = afterName.TrimStart(" \t\r\n"u8);
        if (rest.IsEmpty || rest[0] != ':')
        {
            return default;
        }

        rest = rest[1..].TrimStart(" \t\r\n"u8);
        return !rest.IsEmpty && rest[0] == '{' ? rest : default;
    }

    /// <summary>Whether exactly one thing that was open before is closed in the rest of a document: the outermost.</summary>
    private static bool ClosesOnce(ReadOnlySpan<byte> rest)
    {
        var depth = 1;
        for (var at = rest.IndexOfAny("\"{}[]"u8); at >= 0 && depth > 0; at = rest.IndexOfAny("\"{}[]"u8))
        {
            var sign = rest[at];
            rest = rest[(at + 1)..];
            if (sign == '"')
            {
                rest = AfterText(rest);
            }
            else
            {
                depth += sign is (byte)'{' or (byte)'[' ? 1 : -1;
            }
        }

        return depth == 0 && rest.TrimStart(" \t\r\n"u8).IsEmpty;
    }

    private static ReadOnlySpan<byte> AfterText(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            var at = text.IndexOfAny((byte)'"', (byte)'\\');
            if (at < 0)
            {
                return default;
            }

            var isEnd = text[at] == '"';
            text = text[Math.Min(text.Length, at + (isEnd ? 1 : 2))..];
            if (isEnd)
            {
                return text;
            }
        }
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
        long? input = null, cached = null, written = null, hour = null, output = null, thinking = null;
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
                else if (reader.ValueTextEquals("ephemeral_1h_input_tokens"u8))
                {
                    hour = Number(ref reader);
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
        var writes = written ?? before.CacheWrite;
        return new TokenUsage(input ?? before.Input, cached ?? before.CachedInput, writes, all - reasoning, reasoning)
        {
            CacheWriteForHour = Math.Min(hour ?? before.CacheWriteForHour, writes),
        };
    }

    private static long? Number(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value >= 0 ? value : null;
}
