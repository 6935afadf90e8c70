using System.Text.Json;

namespace Spoq.Core.Ai;

/// <summary>How much an answer that tells no usage may have been: never more than it was.</summary>
public static class AnswerText
{
    /// <summary>Writing without spaces (Chinese, Thai and so on) has a token for so many bytes at the least.</summary>
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
                tokens += AtLeast(reader.ValueSpan);
            }
        }

        return tokens;
    }

    /// <summary>
    /// What a piece of text that came at once is at the least: 0 where it is empty, else one token for each of its words,
    /// because no vocabulary has a token that spans two. Long rows of signs or spaces can be one token, so that only
    /// letters beyond ASCII are counted by their length.
    /// </summary>
    /// <param name="text">As it stands in JSON, between the quotes.</param>
    public static long AtLeast(ReadOnlySpan<byte> text)
    {
        var (words, wide) = (0, 0);
        var isBetween = true;
        foreach (var one in text)
        {
            words += isBetween && one > ' ' ? 1 : 0;
            wide += one >= 0x80 ? 1 : 0;
            isBetween = one <= ' ';
        }

        return text.IsEmpty ? 0 : Math.Max(Math.Max(1, words), wide / BytesOfToken);
    }

    /// <summary>The same for the first of the values of a member, in a JSON text whose quotes within texts are escaped.</summary>
    /// <param name="json">Any part of it.</param>
    /// <param name="name">With its quotes.</param>
    /// <returns>0: there is no such member that holds text.</returns>
    public static long AtLeast(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        for (var at = json.IndexOf(name); at >= 0; at = json.IndexOf(name))
        {
            json = json[(at + name.Length)..].TrimStart((byte)' ');
            if (json is not [(byte)':', ..])
            {
                continue;
            }

            var value = json[1..].TrimStart((byte)' ');
            if (value is [(byte)'"', not (byte)'"', ..])
            {
                return AtLeast(Text(value[1..]));
            }
        }

        return 0;
    }

    /// <summary>Up to the quote that ends it.</summary>
    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> afterQuote)
    {
        var length = 0;
        while (length < afterQuote.Length)
        {
            var step = afterQuote[length..].IndexOfAny((byte)'"', (byte)'\\');
            if (step < 0)
            {
                return afterQuote;
            }

            length += step;
            if (afterQuote[length] == '"')
            {
                return afterQuote[..length];
            }

            length += 2;
        }

        return afterQuote;
    }
}
