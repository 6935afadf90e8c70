using System.Text.Json;
using Spoq.Conductor.Sessions;
using Spoq.Conductor.Tools;

namespace Spoq.Conductor.Ask.OpenAi;

/// <summary>The body of <c>POST /chat/completions</c>.</summary>
internal static class OpenAiRequest
{
    public static byte[] Write(string model, string system, IReadOnlyList<SessionTurn> turns, IReadOnlyList<Tool> tools)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("model", model);
            json.WriteBoolean("stream", true);
            json.WriteStartObject("stream_options");
            json.WriteBoolean("include_usage", true);
            json.WriteEndObject();
            json.WriteStartArray("messages");
            WriteMessage(json, "system", system);
            foreach (var turn in turns)
            {
                WriteTurn(json, turn);
            }

            json.WriteEndArray();
            WriteTools(json, tools);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteTurn(Utf8JsonWriter json, SessionTurn turn)
    {
        if (turn.Calls is not { Count: > 0 } calls)
        {
            WriteMessage(json, turn.Role, PromptText.Of(turn), turn.CallId);
            return;
        }

        json.WriteStartObject();
        json.WriteString("role", "assistant");
        json.WriteString("content", turn.Text);
        json.WriteStartArray("tool_calls");
        foreach (var call in calls)
        {
            json.WriteStartObject();
            json.WriteString("id", call.Id);
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", call.Name);
            json.WriteString("arguments", call.Arguments);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMessage(Utf8JsonWriter json, string role, string content, string? callId = null)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        if (callId is not null)
        {
            json.WriteString("tool_call_id", callId);
        }

        json.WriteString("content", content);
        json.WriteEndObject();
    }

    private static void WriteTools(Utf8JsonWriter json, IReadOnlyList<Tool> tools)
    {
        json.WriteStartArray("tools");
        foreach (var tool in tools)
        {
            json.WriteStartObject();
            json.WriteString("type", "function");
            json.WriteStartObject("function");
            json.WriteString("name", tool.Name);
            json.WriteString("description", tool.Description);
            json.WritePropertyName("parameters");
            json.WriteRawValue(tool.Schema);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
