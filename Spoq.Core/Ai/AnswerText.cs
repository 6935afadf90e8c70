using System.Text.Json;

namespace Spoq.Core.Ai;

/// <summary>How much an answer that tells no usage may have been: never more than it was.</summary>
public static class AnswerText
{
    /// <summary>Text without spaces has a token for so many bytes at the least.</summary>
    private const int BytesOfToken = 12;

    /// <param name="answer">Readable JSON.</param>
    public static long Tokens(ReadOnlySpan<byte> answer)
    {
        long tokens = 0;
        var reader = new Utf8JsonReader(answer);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName
                && (reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("arguments"u8))
                && reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                tokens += Math.Max(Words(reader.ValueSpan), reader.ValueSpan.Length / BytesOfToken);
            }
        }

        return tokens;
    }

    /// <summary>No vocabulary has a token that spans two words.</summary>
    private static long Words(ReadOnlySpan<byte> text)
    {
        var words = 0;
        var isBetween = true;
        foreach (var one in text)
        {
            words += isBetween && one > ' ' ? 1 : 0;
            isBetween = one <= ' ';
        }

        return words;
    }
}
