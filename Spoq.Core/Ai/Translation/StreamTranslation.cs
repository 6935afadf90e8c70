using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Spoq.Core.Ai.Translation;

/// <summary>Says a stream again in the other form's words, event by event.</summary>
public abstract class StreamTranslation
{
    private bool _isOver;

    /// <summary>What is ready for the client; whoever sends it clears it.</summary>
    public ArrayBufferWriter<byte> Output { get; } = new(1024);

    /// <summary>One event of the upstream. What is no JSON is nothing.</summary>
    public void Data(ReadOnlySpan<byte> data)
    {
        try
        {
            var reader = new Utf8JsonReader(data);
            if (JsonNode.Parse(ref reader) is JsonObject said)
            {
                Take(said);
            }
        }
        catch (Exception unreadable) when (unreadable is JsonException or ArgumentException)
        {
            // [DONE], or garbage: the end of the stream tells whether anything is missing.
        }
    }

    /// <summary>The upstream came to its proper end; a second time nothing happens.</summary>
    public void Finish(in TokenUsage usage)
    {
        if (!_isOver)
        {
            _isOver = true;
            End(usage);
        }
    }

    protected abstract void End(in TokenUsage usage);

    protected abstract void Take(JsonObject said);

    protected void Write(string? name, JsonNode data)
    {
        if (name is not null)
        {
            Output.Write(Encoding.UTF8.GetBytes($"event: {name}\n"));
        }

        Output.Write("data: "u8);
        using (var json = new Utf8JsonWriter(Output))
        {
            data.WriteTo(json);
        }

        Output.Write("\n\n"u8);
    }
}
