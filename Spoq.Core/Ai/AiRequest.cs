using System.Text.Json;
using System.Text.Unicode;

namespace Spoq.Core.Ai;

/// <summary>A piece of a body that is replaced on its way upstream.</summary>
public readonly record struct BodyEdit(int Start, int Length, byte[] With);

/// <summary>What the proxy must know of a request. Everything else passes through as it came.</summary>
public sealed record AiRequest
{
    public required string Model { get; init; }

    /// <summary>Where the model's name stands in the body, quotes included.</summary>
    public required (int Start, int Length) ModelAt { get; init; }

    public bool Stream { get; init; }

    /// <summary>What the caller allows at most for one answer; null: as much as the model gives.</summary>
    public long? MaxOutput { get; init; }

    /// <summary>How many answers are asked for at once, to all prompts together.</summary>
    public long Choices { get; init; } = 1;

    /// <summary>The caller asked for the usage at the end of the stream.</summary>
    public bool WantsUsage { get; init; }

    /// <summary>What makes an upstream of the OpenAI form tell the usage; null: the body asks for it already.</summary>
    public BodyEdit? AskUsage { get; init; }

    /// <summary>The length of the text in tokens, about: a token is four bytes of text, an image is a thousand.</summary>
    public long PromptTokens { get; init; }

    /// <summary>What the prompt can come to at most: a token is never less than a byte, an image is bounded by its size.</summary>
    public long PromptTokensAtMost { get; init; }
}

/// <summary>Reads a body in one pass, without building anything.</summary>
public static partial class AiRequestReader
{
    private const int MaxDepth = 64;
    private const int MaxModel = 256;
    private const int MaxChoices = 128;

    public static Result<AiRequest> Read(ReadOnlySpan<byte> body, AiOperation operation)
    {
        if (body.IsEmpty)
        {
            return AiRefusals.BodyMissing;
        }

        if (!Utf8.IsValid(body))
        {
            return AiRefusals.BodyUnreadable;
        }

        try
        {
            return ReadObject(body, operation);
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a lone surrogate, escaped.
            return AiRefusals.BodyUnreadable;
        }
    }

    private static Result<AiRequest> ReadObject(ReadOnlySpan<byte> body, AiOperation operation)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return AiRefusals.BodyMissing;
        }

        var open = (int)reader.TokenStartIndex;
        var found = new Found();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (ReadMember(ref reader, ref found) is { } no)
            {
                return no;
            }
        }

        // What stands after the object is refused here.
        while (reader.Read())
        {
        }

        if (found.Model is not { } model)
        {
            return AiRefusals.ModelMissing;
        }

        if (!found.HasMessages && operation is AiOperation.Chat or AiOperation.Message or AiOperation.CountTokens)
        {
            return AiRefusals.MessagesMissing;
        }

        var stream = found.Stream == true && operation is AiOperation.Chat or AiOperation.Completion or AiOperation.Message;
        return new AiRequest
        {
            Model = model,
            ModelAt = found.ModelAt,
            Stream = stream && found.Stream == true,
            // Which of the two an upstream reads, and whether it reads best_of, is its own affair: the larger is what may come.
            MaxOutput = found.MaxCompletion > found.MaxTokens ? found.MaxCompletion : found.MaxTokens ?? found.MaxCompletion,
            Choices = Math.Max(found.Choices ?? 1, found.BestOf ?? 1) * (operation == AiOperation.Completion ? Math.Max(1, found.Prompts) : 1),
            WantsUsage = found.IncludesUsage == true,
            AskUsage = stream && operation.Form() == AiForm.OpenAi && found.IncludesUsage != true ? AskUsage(found, open) : null,
            PromptTokens = (found.TextBytes + 3) / 4 + found.Images * TokensOfImage + found.TokenIds,
            PromptTokensAtMost = body.Length - found.ImageBytes + (found.ImageBytes / 4) + (found.Images * MostTokensOfImage),
        };
    }

    private static BodyEdit AskUsage(in Found found, int open) => (found.IncludesUsageAt, found.OptionsAt, found.OptionsAreNull) switch
    {
        ({ } at, _, _) => new BodyEdit(at.Start, at.Length, "true"u8.ToArray()),
        (_, { } options, true) => new BodyEdit(options.Start, options.Length, "{\"include_usage\":true}"u8.ToArray()),
        (_, { } options, false) => new BodyEdit(options.Start + 1, 0, found.OptionsAreEmpty ? "\"include_usage\":true"u8.ToArray() : "\"include_usage\":true,"u8.ToArray()),
        _ => new BodyEdit(open + 1, 0, "\"stream_options\":{\"include_usage\":true},"u8.ToArray()),
    };

    private static Refusal? ReadMember(ref Utf8JsonReader reader, ref Found found)
    {
        switch (reader.ValueSpan.Length)
        {
            case 1 when reader.ValueTextEquals("n"u8):
                return ReadNumber(ref reader, "n", MaxChoices, ref found.Choices);
            case 5 when reader.ValueTextEquals("model"u8):
                return ReadModel(ref reader, ref found);
            case 5 when reader.ValueTextEquals("input"u8):
                return ReadPrompts(ref reader, "input", ref found);
            case 6 when reader.ValueTextEquals("prompt"u8):
                return ReadPrompts(ref reader, "prompt", ref found);
            case 6 when reader.ValueTextEquals("stream"u8):
                return ReadFlag(ref reader, "stream", ref found.Stream);
            case 8 when reader.ValueTextEquals("messages"u8):
                return ReadMessages(ref reader, ref found);
            case 7 when reader.ValueTextEquals("best_of"u8):
                return ReadNumber(ref reader, "best_of", MaxChoices, ref found.BestOf);
            case 10 when reader.ValueTextEquals("max_tokens"u8):
                return ReadNumber(ref reader, "max_tokens", long.MaxValue, ref found.MaxTokens);
            case 14 when reader.ValueTextEquals("stream_options"u8):
                return ReadOptions(ref reader, ref found);
            case 21 when reader.ValueTextEquals("max_completion_tokens"u8):
                return ReadNumber(ref reader, "max_completion_tokens", long.MaxValue, ref found.MaxCompletion);
            default:
                return ReadEscaped(ref reader, ref found);
        }
    }

    /// <summary>A name that is written with escapes means the same to the upstream, so it must to us.</summary>
    private static Refusal? ReadEscaped(ref Utf8JsonReader reader, ref Found found)
    {
        if (reader.ValueIsEscaped && reader.GetString() is "n" or "model" or "input" or "prompt" or "stream" or "messages" or "best_of" or "max_tokens" or "stream_options" or "max_completion_tokens")
        {
            return AiRefusals.WrongType(reader.GetString()!, "written without escapes in its name");
        }

        reader.Read();
        CountText(ref reader, ref found);
        return null;
    }

    private static Refusal? ReadModel(ref Utf8JsonReader reader, ref Found found)
    {
        if (found.Model is not null)
        {
            return AiRefusals.Twice("model");
        }

        reader.Read();
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > MaxModel)
        {
            return AiRefusals.WrongType("model", "the name of a model");
        }

        found.ModelAt = ((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));
        found.Model = reader.GetString();
        return found.Model is "" ? AiRefusals.ModelMissing : null;
    }

    private static Refusal? ReadFlag(ref Utf8JsonReader reader, string name, ref bool? flag)
    {
        if (flag is not null)
        {
            return AiRefusals.Twice(name);
        }

        reader.Read();
        if (reader.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
        {
            return AiRefusals.WrongType(name, "true or false");
        }

        flag = reader.TokenType == JsonTokenType.True;
        return null;
    }

    private static Refusal? ReadNumber(ref Utf8JsonReader reader, string name, long most, ref long? number)
    {
        if (number is not null)
        {
            return AiRefusals.Twice(name);
        }

        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var value) || value < 0 || value > most)
        {
            return AiRefusals.WrongType(name, most == long.MaxValue ? "a whole number that is not negative" : $"a whole number from 1 to {most}");
        }

        number = value;
        return null;
    }

    private static Refusal? ReadMessages(ref Utf8JsonReader reader, ref Found found)
    {
        if (found.HasMessages)
        {
            return AiRefusals.Twice("messages");
        }

        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return AiRefusals.WrongType("messages", "a list of messages");
        }

        var depth = reader.CurrentDepth;
        reader.Read();
        if (reader.TokenType == JsonTokenType.EndArray)
        {
            return AiRefusals.MessagesMissing;
        }

        found.HasMessages = true;
        for (; reader.CurrentDepth > depth; reader.Read())
        {
            if (reader.CurrentDepth == depth + 1 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.EndObject))
            {
                return AiRefusals.WrongType("messages", "a list of messages, each an object");
            }

            if (reader.TokenType == JsonTokenType.String)
            {
                CountString(ref reader, ref found);
            }
        }

        return null;
    }

    private static Refusal? ReadOptions(ref Utf8JsonReader reader, ref Found found)
    {
        if (found.OptionsAt is not null)
        {
            return AiRefusals.Twice("stream_options");
        }

        reader.Read();
        found.OptionsAt = ((int)reader.TokenStartIndex, reader.TokenType == JsonTokenType.Null ? 4 : 1);
        found.OptionsAreNull = reader.TokenType == JsonTokenType.Null;
        if (found.OptionsAreNull)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return AiRefusals.WrongType("stream_options", "an object");
        }

        found.OptionsAreEmpty = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            found.OptionsAreEmpty = false;
            if (!reader.ValueTextEquals("include_usage"u8))
            {
                reader.Read();
                reader.Skip();
                continue;
            }

            if (ReadFlag(ref reader, "include_usage", ref found.IncludesUsage) is { } no)
            {
                return no;
            }

            found.IncludesUsageAt = ((int)reader.TokenStartIndex, (int)(reader.BytesConsumed - reader.TokenStartIndex));
        }

        return null;
    }
}
