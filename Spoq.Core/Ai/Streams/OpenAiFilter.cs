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
            HasFinalUsage = Usage is not null;
            return true;
        }

        Pieces += Tokens(data);

        // With include_usage the others say "usage":null, or what it is so far (vLLM's continuous_usage_stats).
        if (UsageReader.Outermost(data) is { IsEmpty: false } value && UsageReader.TryRead(value, AiForm.OpenAi, default) is { } usage)
        {
            Usage = usage;
            Pieces = Math.Max(Pieces, usage.Output + usage.Reasoning);
            if (IsUsageOnly(data))
            {
                HasFinalUsage = true;
                return !hidesUsage;
            }
        }

        return true;
    }

    /// <summary>Of the piece of an answer, of a thought or of a call that a chunk of the stream holds.</summary>
    private static long Tokens(ReadOnlySpan<byte> data) =>
        AnswerText.AtLeast(data, "\"content\""u8) is > 0 and var content ? content
        : AnswerText.AtLeast(data, "\"arguments\""u8) is > 0 and var arguments ? arguments
        : AnswerText.AtLeast(data, "\"text\""u8) is > 0 and var text ? text
        : AnswerText.AtLeast(data, "\"reasoning_content\""u8) is > 0 and var thought ? thought
        : AnswerText.AtLeast(data, "\"refusal\""u8) is > 0 and var refusal ? refusal
        : AnswerText.AtLeast(data, "\"reasoning\""u8);

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
