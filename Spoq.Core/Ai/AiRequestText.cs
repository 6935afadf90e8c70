using System.Text.Json;

namespace Spoq.Core.Ai;

/// <content>How much text a body holds, and how many prompts.</content>
public static partial class AiRequestReader
{
    /// <summary>A long text without a space near its start is an image or a file, not words.</summary>
    private const int Opaque = 1024;

    private const long TokensOfImage = 1000;
    private const long MostTokensOfImage = 2000;

    /// <summary>A text, a list of texts, a list of tokens, or a list of such lists: each but a token is answered by itself.</summary>
    private static Refusal? ReadPrompts(ref Utf8JsonReader reader, string name, ref Found found)
    {
        if (found.HasPrompts)
        {
            return AiRefusals.Twice(name);
        }

        reader.Read();
        found.HasPrompts = true;
        found.Prompts = 1;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            CountText(ref reader, ref found);
            return null;
        }

        long prompts = 0;
        for (var depth = reader.CurrentDepth; reader.Read() && reader.CurrentDepth > depth;)
        {
            var isOuter = reader.CurrentDepth == depth + 1;
            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    CountString(ref reader, ref found);
                    prompts += isOuter ? 1 : 0;
                    break;
                case JsonTokenType.Number:
                    found.TokenIds++;
                    break;
                case JsonTokenType.StartArray or JsonTokenType.StartObject when isOuter:
                    prompts++;
                    break;
            }
        }

        found.Prompts = Math.Max(1, prompts);
        return null;
    }

    private static void CountText(ref Utf8JsonReader reader, ref Found found)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            CountString(ref reader, ref found);
        }
        else if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            for (var depth = reader.CurrentDepth; reader.Read() && reader.CurrentDepth > depth;)
            {
                if (reader.TokenType == JsonTokenType.String)
                {
                    CountString(ref reader, ref found);
                }
            }
        }
    }

    private static void CountString(ref Utf8JsonReader reader, ref Found found)
    {
        var text = reader.ValueSpan;
        if (text.Length > Opaque && !text[..Opaque].Contains((byte)' ') && (text.StartsWith("data:"u8) || !text[..Opaque].ContainsAnyExceptInRange((byte)'+', (byte)'z')))
        {
            found.Images++;
            found.ImageBytes += text.Length;
        }
        else
        {
            found.TextBytes += text.Length;
        }
    }

    private ref struct Found
    {
        public string? Model;
        public (int Start, int Length) ModelAt;
        public bool? Stream;
        public long? MaxTokens;
        public long? MaxCompletion;
        public long? Choices;
        public long? BestOf;
        public bool HasMessages;
        public (int Start, int Length)? OptionsAt;
        public bool OptionsAreNull;
        public bool OptionsAreEmpty;
        public bool? IncludesUsage;
        public (int Start, int Length)? IncludesUsageAt;
        public long TextBytes;
        public long ImageBytes;
        public long Images;
        public long TokenIds;
        public long Prompts;
        public bool HasPrompts;
    }
}
