using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Streams;
using Spoq.Core.Ai.Translation;
using Spoq.Infrastructure.Ai.Upstreams;

namespace Spoq.Web.Ai;

/// <summary>Lets a stream of events pass as it comes, line by line, and counts while it does.</summary>
internal static class StreamRelay
{
    private const int Chunk = 16 * 1024;

    /// <summary>After its last event a stream may take so long to end.</summary>
    private static readonly TimeSpan s_goodbye = TimeSpan.FromSeconds(1);

    public static async Task PassAsync(HttpContext http, AiCall call, Upstream upstream, Stream stream, ClientPatience patience)
    {
        var translation = Translator.Stream(call, upstream);
        SseFilter filter = upstream.Form == AiForm.OpenAi ? new OpenAiFilter(hidesUsage: !call.Request.WantsUsage) { Into = translation } : new AnthropicFilter { Into = translation };
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        var writer = http.Response.BodyWriter;
        byte[]? unseen = null;
        StreamEnd end;
        try
        {
            for (var isOver = false; !isOver;)
            {
                // What nobody reads any more does not go into the answer's own memory.
                var gone = patience.HasClientLeft;
                var memory = gone || translation is not null ? (unseen = Ensure(unseen, filter.RestLength + Chunk)) : writer.GetMemory(filter.RestLength + Chunk);
                var rest = filter.RestLength;
                filter.TakeRest(memory.Span);
                patience.Expect(filter.IsComplete ? s_goodbye : upstream.Options.IdleTimeout);
                var read = await stream.ReadAsync(memory[rest..], patience.Token);
                patience.Rest();
                isOver = read == 0;
                var passed = filter.Pass(memory.Span[..(rest + read)]);
                if (isOver)
                {
                    passed += filter.PassRest(memory.Span[passed..]);
                }

                call.HasBegun = true;
                call.Metered!.Produced(filter.Pieces);
                if (filter.IsComplete)
                {
                    // Before the client can see the end: whoever asks for the usage then finds it.
                    Settle(call, filter, StatusCodes.Status200OK);
                    Finish(call, filter);
                }

                if (gone)
                {
                    translation?.Output.Clear();
                }
                else if (translation is not null)
                {
                    await SendAsync(writer, translation);
                }
                else if (passed > 0)
                {
                    writer.Advance(passed);
                    await writer.FlushAsync(CancellationToken.None);
                }
            }

            end = filter.IsComplete || (filter is OpenAiFilter && filter.HasFinalUsage) ? StreamEnd.Proper : StreamEnd.Cut;
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException or OperationCanceledException or JsonException or InvalidOperationException)
        {
            end = filter.IsComplete ? StreamEnd.Proper : patience.HasClientLeft ? StreamEnd.Left : patience.IsStopping ? StreamEnd.Stopped : cut is OperationCanceledException ? StreamEnd.Silent : StreamEnd.Cut;
        }

        await EndStreamAsync(http, call, upstream, filter, end);
        if (unseen is not null)
        {
            ArrayPool<byte>.Shared.Return(unseen);
        }
    }

    private static async Task EndStreamAsync(HttpContext http, AiCall call, Upstream upstream, SseFilter filter, StreamEnd end)
    {
        Settle(call, filter, end switch
        {
            StreamEnd.Proper => StatusCodes.Status200OK,
            StreamEnd.Left => StatusCodes.Status499ClientClosedRequest,
            StreamEnd.Silent => StatusCodes.Status504GatewayTimeout,
            StreamEnd.Stopped => StatusCodes.Status503ServiceUnavailable,
            _ => StatusCodes.Status502BadGateway,
        });
        if (end is StreamEnd.Cut or StreamEnd.Silent)
        {
            upstream.Failed();
        }

        if (end is StreamEnd.Cut or StreamEnd.Silent or StreamEnd.Stopped)
        {
            var refusal = end == StreamEnd.Stopped ? AiRefusals.Stopping : end == StreamEnd.Cut ? AiRefusals.UpstreamCut : AiRefusals.UpstreamSlow;
            var told = AiErrors.Event(call.Form, refusal, AiHeaders.RequestIdOf(http));

            // In the middle of an event it would become a part of it.
            await http.Response.Body.WriteAsync(filter.IsBetweenEvents || filter.Into is not null ? told : [.. "\n\n"u8, .. told], http.RequestAborted);
        }
        else if (end == StreamEnd.Proper && filter.Into is { } translation)
        {
            // It told its usage and hung up without its last word.
            Finish(call, filter);
            await SendAsync(http.Response.BodyWriter, translation);
        }
    }

    private static void Settle(AiCall call, SseFilter filter, int status)
    {
        if (filter.HasFinalUsage)
        {
            call.End(filter.Usage!.Value, false, status);
        }
        else
        {
            call.EndEstimated(filter.Pieces, status, filter.Usage);
        }
    }

    /// <summary>The last words in the caller's form; the second time there are none.</summary>
    private static void Finish(AiCall call, SseFilter filter) => filter.Into?.Finish(filter.Usage ?? new TokenUsage(call.Request.PromptTokens, 0, 0, filter.Pieces, 0));

    private static async Task SendAsync(PipeWriter writer, StreamTranslation translation)
    {
        if (translation.Output.WrittenCount > 0)
        {
            await writer.WriteAsync(translation.Output.WrittenMemory, CancellationToken.None);
            translation.Output.Clear();
        }
    }

    private static byte[] Ensure(byte[]? buffer, int length)
    {
        if (buffer is not null && buffer.Length >= length)
        {
            return buffer;
        }

        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return ArrayPool<byte>.Shared.Rent(length);
    }

    private enum StreamEnd
    {
        Proper,
        Left,
        Cut,
        Silent,
        Stopped,
    }
}
