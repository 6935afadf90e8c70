using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Spoq.Tests.Emulators.Ai;

public sealed partial class AiEmulator
{
    private async Task MessagesAsync(HttpContext http, AiScript script, LedgerEntry entry)
    {
        var body = (JsonElement)http.Items["body"]!;
        var model = body.GetProperty("model").GetString();
        var hasTools = body.TryGetProperty("tools", out var tools) && tools.GetArrayLength() > 0;
        object Usage(int output) => new
        {
            input_tokens = script.Prompt - script.Cached,
            cache_creation_input_tokens = 0,
            cache_read_input_tokens = script.Cached,
            output_tokens = output,
            output_tokens_details = (object?)null,
            cache_creation = (object?)null,
            inference_geo = (string?)null,
            server_tool_use = (object?)null,
            service_tier = "standard",
            speed = (string?)null,
        };
        object Message(object[] content, string? stop, int output) =>
            new { id = "msg_1", type = "message", role = "assistant", model, content, container = (object?)null, diagnostics = (object?)null, stop_reason = stop, stop_details = (object?)null, stop_sequence = (string?)null, usage = Usage(output) };
        object Tool(object input) => new { type = "tool_use", id = "toolu_1", name = "weather", input, caller = new { type = "direct" } };
        var reason = hasTools ? "tool_use" : "end_turn";
        if (!body.TryGetProperty("stream", out var stream) || stream.ValueKind != JsonValueKind.True)
        {
            entry.Completion = script.Tokens;
            entry.ToldUsage = true;
            object block = hasTools ? Tool(new { city = "Bern" }) : new { type = "text", text = script.Text(), citations = (object?)null };
            await WriteJsonAsync(http, Message([block], reason, script.Tokens));
            return;
        }

        http.Response.ContentType = "text/event-stream; charset=utf-8";
        async Task EventAsync(string name, object data) => await SendAsync(http, script, $"event: {name}\ndata: {JsonSerializer.Serialize(data)}\n\n");
        await EventAsync("message_start", new { type = "message_start", message = Message([], null, 1) });
        object start = hasTools ? Tool(new { }) : new { type = "text", text = "", citations = (object?)null };
        await EventAsync("content_block_start", new { type = "content_block_start", index = 0, content_block = start });
        await EventAsync("ping", new { type = "ping" });
        for (var i = 0; i < script.Tokens; i++)
        {
            if (await BreaksAsync(http, script, i))
            {
                return;
            }

            entry.Completion++;
            object delta = hasTools
                ? new { type = "input_json_delta", partial_json = i == 0 ? "{\"city\":" : i == 1 ? "\"Bern\"}" : " " }
                : new { type = "text_delta", text = script.Word(i) };
            await EventAsync("content_block_delta", new { type = "content_block_delta", index = 0, delta });
        }

        await EventAsync("content_block_stop", new { type = "content_block_stop", index = 0 });
        entry.ToldUsage = true;
        await EventAsync("message_delta", new
        {
            type = "message_delta",
            delta = new { container = (object?)null, stop_details = (object?)null, stop_reason = reason, stop_sequence = (string?)null },
            usage = new
            {
                input_tokens = script.Prompt - script.Cached,
                cache_creation_input_tokens = 0,
                cache_read_input_tokens = script.Cached,
                output_tokens = script.Tokens,
                output_tokens_details = (object?)null,
                server_tool_use = (object?)null,
            },
        });
        await EventAsync("message_stop", new { type = "message_stop" });
        await StayAsync(http, script);
    }
}
