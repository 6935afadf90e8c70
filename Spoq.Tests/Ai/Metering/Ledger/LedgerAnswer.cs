using System.Text;
using Microsoft.AspNetCore.Http;

namespace Spoq.Tests.Ai.Metering.Ledger;

/// <summary>What one upstream says to one request, and its own count while it does.</summary>
internal sealed class LedgerAnswer(HttpContext http, LedgerCall call, string fault, Func<bool> isDown)
{
    private readonly CancellationToken _gone = http.RequestAborted;

    private string OpenAiUsage => $$$"""{"prompt_tokens":{{{call.Prompt}}},"completion_tokens":{{{call.Tokens}}},"total_tokens":{{{call.Prompt + call.Tokens}}},"prompt_tokens_details":{"cached_tokens":{{{call.Cached}}}},"completion_tokens_details":{"reasoning_tokens":0}}""";

    private string AnthropicUsage => AnthropicUsageOf(call.Tokens);

    public async Task WholeAsync()
    {
        var usage = fault == "no_usage" ? "" : $",\"usage\":{(call.FromAnthropic ? AnthropicUsage : OpenAiUsage)}";
        var text = Words(call.Tokens);
        var bytes = Encoding.UTF8.GetBytes(call.FromAnthropic
            ? $$"""{"id":"m","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"{{text}}"}],"stop_reason":"end_turn","stop_sequence":null{{usage}}}"""
            : $$"""{"id":"c","object":"chat.completion","created":1700000000,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"{{text}}","refusal":null},"logprobs":null,"finish_reason":"stop"}]{{usage}}}""");
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = bytes.Length;
        call.Sent = call.Tokens;
        if (fault == "truncated")
        {
            // Shorter than was promised: the connection is closed, without a reset that would take back what was sent.
            await http.Response.Body.WriteAsync(bytes.AsMemory(0, call.NextCut(bytes.Length - 1)), _gone);
            return;
        }

        call.ToldUsage = usage.Length > 0;
        await http.Response.Body.WriteAsync(bytes, _gone);
    }

    public async Task StreamAsync(bool tellsUsage)
    {
        http.Response.ContentType = "text/event-stream";
        await SendAsync(call.FromAnthropic
            ? Event("message_start", $$$"""{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{{{AnthropicUsageOf(1)}}}}}""")
                + Event("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""")
            : Chunk("""{"role":"assistant","content":""}"""));
        while (call.Sent < call.Tokens)
        {
            if (fault is "drop" or "stall" && call.Sent >= call.After)
            {
                await call.HeadSeen.Task.WaitAsync(_gone);
                await BreakOffAsync();
                return;
            }

            var count = Math.Min(call.NextPiece(), call.Tokens - call.Sent);
            if (isDown())
            {
                return;
            }

            call.Sent += count;
            await SendAsync(Piece(count));
            if (!call.IsBurst)
            {
                await call.AllSeenAsync(_gone);
            }
        }

        await EndAsync(tellsUsage);
    }

    /// <summary>A reset takes with it what the other side has not read yet, so that all was read before.</summary>
    private async Task BreakOffAsync()
    {
        if (fault == "stall")
        {
            await Task.Delay(Timeout.Infinite, _gone);
        }

        if (call.OnlyFirst)
        {
            // What an event holds was made before its first byte left.
            call.Sent++;
            await SendCutAsync(Piece(1));
        }

        http.Abort();
    }

    private async Task EndAsync(bool tellsUsage)
    {
        var usage = call.FromAnthropic
            ? Event("message_delta", $$$"""{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":{{{call.Tokens}}}}}""")
            : $"data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"m\",\"choices\":[],\"usage\":{OpenAiUsage}}}\n\n";
        await SendAsync(call.FromAnthropic ? Event("content_block_stop", """{"type":"content_block_stop","index":0}""") : Chunk("{}", "\"stop\""));
        if (fault == "cut_usage")
        {
            await SendCutAsync(usage);
            if (call.OnlyFirst)
            {
                http.Abort();
            }

            return;
        }

        if (fault != "no_usage" && (call.FromAnthropic || tellsUsage))
        {
            call.ToldUsage = true;
            await SendAsync(usage);
        }

        await SendAsync(call.FromAnthropic ? Event("message_stop", """{"type":"message_stop"}""") : "data: [DONE]\n\n");
    }

    private string AnthropicUsageOf(int output) =>
        $$$"""{"input_tokens":{{{call.Prompt - call.Cached}}},"cache_creation_input_tokens":0,"cache_read_input_tokens":{{{call.Cached}}},"output_tokens":{{{output}}}}""";

    private string Piece(int count) => call.FromAnthropic
        ? Event("content_block_delta", $$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{Words(count)}}}"}}""")
        : Chunk($$"""{"content":"{{Words(count)}}"}""");

    /// <summary>Some of them look like what the proxy looks for.</summary>
    private static string Words(int count) => string.Concat(Enumerable.Range(0, count).Select(at => (at % 3) switch { 0 => " #ab", 1 => """ #\"usage\":{\"completion_tokens\":7}""", _ => "\\n #\u00e9t\u00e9" }));

    private static string Event(string name, string data) => $"event: {name}\ndata: {data}\n\n";

    private static string Chunk(string delta, string finish = "null") =>
        $$"""data: {"id":"c","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{{delta}},"logprobs":null,"finish_reason":{{finish}}}],"usage":null}""" + "\n\n";

    private Task SendCutAsync(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return WriteAsync(bytes.AsMemory(0, call.NextCut(bytes.Length - 3)));
    }

    private async Task SendAsync(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var at = fault == "split" ? call.NextCut(bytes.Length) : 0;
        if (at > 0)
        {
            await WriteAsync(bytes.AsMemory(0, at));
        }

        await WriteAsync(bytes.AsMemory(at));
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        await http.Response.Body.WriteAsync(bytes, _gone);
        await http.Response.Body.FlushAsync(_gone);
    }
}
