using System.Text.Json;

namespace Spoq.Core.Ai;

/// <summary>How much an answer that tells no usage may have been: never more than it was.</summary>
public static class AnswerText
{
    /// <summary>Even dense languages need a token for so many bytes.</summary>
    private const int BytesOfToken = 4;

    /// <param name="answer">Readable JSON.</param>
    public static long Tokens(ReadOnlySpan<byte> answer)
    {
        long bytes = 0;
        var reader = new Utf8JsonReader(answer);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName
                && (reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("arguments"u8))
                && reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                bytes += reader.ValueSpan.Length;
            }
        }

        return bytes / BytesOfToken;
    }
}
