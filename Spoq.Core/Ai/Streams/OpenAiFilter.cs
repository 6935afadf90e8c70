using System.Text.Json;

namespace Spoq.Core.Ai.Streams;

/// <summary>OpenAI's form: the usage comes in a chunk of its own before <c>[DONE]</c>, which only those see who asked for it.</summary>
public sealed class OpenAiFilter(bool hidesUsage) : SseFilter
{
    protected override bool Look(ReadOnlySpan<byte> data)
    {
        if (data.SequenceEqual("[DONE]"u8))
        {
            IsComplete = true;
            return true;
        }

        // With include_usage the others say "usage":null.
        var at = data.LastIndexOf("\"usage\""u8);
        if (at >= 0 && UsageReader.Value(data[(at + 7)..]) is { IsEmpty: false } value && UsageReader.TryRead(value, AiForm.OpenAi, default) is { } usage)
        {
            Usage = usage;
            if (IsUsageOnly(data))
            {
                return !hidesUsage;
            }
        }

        if (HasText(data))
        {
            Pieces++;
        }

        return true;
    }

    /// <summary>Whether a chunk of the stream holds a piece of an answer, of a thought or of a call.</summary>
    private static bool HasText(ReadOnlySpan<byte> data) =>
        HasText(data, "\"content\""u8) || HasText(data, "\"arguments\""u8) || HasText(data, "\"text\""u8) || HasText(data, "\"reasoning_content\""u8) || HasText(data, "\"refusal\""u8) || HasText(data, "\"reasoning\""u8);

    private static bool HasText(ReadOnlySpan<byte> data, ReadOnlySpan<byte> name)
    {
        for (var at = data.IndexOf(name); at >= 0; at = data.IndexOf(name))
        {
            data = data[(at + name.Length)..].TrimStart((byte)' ');
            if (data is [(byte)':', ..])
            {
                var value = data[1..].TrimStart((byte)' ');
                if (value.Length > 1 && value[0] == '"' && value[1] != '"')
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool IsUsageOnly(ReadOnlySpan<byte> data)
    {
        try
        {
            var reader = new Utf8JsonReader(data);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isChoices = reader.ValueTextEquals("choices"u8);
                reader.Read();
                if (isChoices)
                {
                    return reader.TokenType == JsonTokenType.StartArray && reader.Read() && reader.TokenType == JsonTokenType.EndArray;
                }

                reader.Skip();
            }

            return false;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
