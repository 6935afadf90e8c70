using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Streams;
using Spoq.Core.Ai.Translation;
using Spoq.Infrastructure.Ai.Upstreams;

namespace Spoq.Web.Ai;

/// <summary>Lets an answer pass as it is and counts while it does.</summary>
internal static class AnswerRelay
{
    private const int Chunk = 16 * 1024;

    /// <summary>An answer in one piece is held until it is whole, so that one that breaks off is a clear error.</summary>
    private const int MostWhole = 64 * 1024 * 1024;

    public static async Task PassAsync(HttpContext http, AiCall call, Upstream upstream, HttpResponseMessage response, ClientPatience patience)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(CancellationToken.None);
        var type = response.Content.Headers.ContentType?.MediaType;
        if (call.Request.Stream && type == "text/event-stream")
        {
            await StreamAsync(http, call, upstream, stream, patience);
        }
        else
        {
            await WholeAsync(http, call, upstream, stream, response.Content.Headers.ContentLength, patience);
        }
    }

    private static async Task WholeAsync(HttpContext http, AiCall call, Upstream upstream, Stream stream, long? expected, ClientPatience patience)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(expected ?? Chunk, 1, MostWhole));
        try
        {
            var length = 0;
            try
            {
                while (true)
                {
                    patience.Expect(upstream.Options.IdleTimeout);
                    var read = await stream.ReadAsync(buffer.AsMemory(length), patience.Token);
                    length += read;
                    if (read == 0 || length == expected)
                    {
                        break;
                    }

                    if (length == buffer.Length)
                    {
                        if (length >= MostWhole)
                        {
                            throw new IOException("The answer is longer than any.");
                        }

                        buffer = Larger(buffer, length);
                    }
                }
            }
            catch (Exception cut) when (cut is IOException or HttpRequestException or OperationCanceledException)
            {
                upstream.Failed();
                call.End(default, true, patience.HasClientLeft ? StatusCodes.Status499ClientClosedRequest : StatusCodes.Status502BadGateway);
                await AiErrors.WriteAsync(http, call.Form, cut is OperationCanceledException ? AiRefusals.UpstreamSlow : AiRefusals.UpstreamCut);
                return;
            }

            await EndWholeAsync(http, call, upstream, buffer.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async Task EndWholeAsync(HttpContext http, AiCall call, Upstream upstream, ReadOnlyMemory<byte> answer)
    {
        var usage = UsageReader.Find(answer.Span, upstream.Form);
        var known = usage ?? new TokenUsage(call.Request.PromptTokens, 0, 0, 0, 0);
        if ((usage is null && !IsJson(answer.Span)) || Translator.Answer(call, upstream, answer, known) is not { } said)
        {
            call.End(default, true, StatusCodes.Status502BadGateway);
            await AiErrors.WriteAsync(http, call.Form, AiRefusals.UpstreamFailed);
            return;
        }

        // Ended before the client can see it: what somebody has read is on record.
        if (usage is { } told)
        {
            call.End(told, false, StatusCodes.Status200OK);
        }
        else
        {
            call.EndEstimated(AnswerText.Tokens(answer.Span), StatusCodes.Status200OK);
        }

        http.Response.ContentType = "application/json";
        http.Response.ContentLength = said.Length;
        await http.Response.Body.WriteAsync(said, CancellationToken.None);
    }

    private static async Task StreamAsync(HttpContext http, AiCall call, Upstream upstream, Stream stream, ClientPatience patience)
    {
        var translation = Translator.Stream(call, upstream);
        SseFilter filter = upstream.Form == AiForm.OpenAi ? new OpenAiFilter(hidesUsage: !call.Request.WantsUsage) { Into = translation } : new AnthropicFilter { Into = translation };
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        var writer = http.Response.BodyWriter;
        byte[]? unseen = null;
        var end = StreamEnd.Proper;
        try
        {
            while (true)
            {
                // What nobody reads any more does not go into the answer's own memory.
                var gone = patience.HasClientLeft;
                var memory = gone || translation is not null ? (unseen = Ensure(unseen, filter.RestLength + Chunk)) : writer.GetMemory(filter.RestLength + Chunk);
                var rest = filter.RestLength;
                filter.TakeRest(memory.Span);
                patience.Expect(upstream.Options.IdleTimeout);
                var read = await stream.ReadAsync(memory[rest..], patience.Token);
                patience.Rest();
                var passed = filter.Pass(memory.Span[..(rest + read)]);
                if (read == 0)
                {
                    passed += filter.PassRest(memory.Span[passed..]);
                }

                call.HasBegun = true;
                call.Metered!.Produced(filter.Pieces);
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

                if (read == 0)
                {
                    break;
                }
            }

            end = filter.IsComplete || (filter is OpenAiFilter && filter.Usage is not null) ? StreamEnd.Proper : StreamEnd.Cut;
        }
        catch (Exception cut) when (cut is IOException or HttpRequestException or OperationCanceledException or JsonException or InvalidOperationException)
        {
            end = patience.HasClientLeft ? StreamEnd.Left : cut is OperationCanceledException ? StreamEnd.Silent : StreamEnd.Cut;
        }

        await EndStreamAsync(http, call, upstream, filter, end);
        if (translation is not null && end == StreamEnd.Proper && !patience.HasClientLeft)
        {
            translation.End(filter.Usage ?? new TokenUsage(call.Request.PromptTokens, 0, 0, filter.Pieces, 0));
            await SendAsync(writer, translation);
        }

        if (unseen is not null)
        {
            ArrayPool<byte>.Shared.Return(unseen);
        }
    }

    private static async Task EndStreamAsync(HttpContext http, AiCall call, Upstream upstream, SseFilter filter, StreamEnd end)
    {
        var status = end switch
        {
            StreamEnd.Proper => StatusCodes.Status200OK,
            StreamEnd.Left => StatusCodes.Status499ClientClosedRequest,
            StreamEnd.Silent => StatusCodes.Status504GatewayTimeout,
            _ => StatusCodes.Status502BadGateway,
        };
        if (filter.HasFinalUsage)
        {
            call.End(filter.Usage!.Value, false, status);
        }
        else
        {
            call.EndEstimated(filter.Pieces, status, filter.Usage);
        }

        if (end is StreamEnd.Cut or StreamEnd.Silent)
        {
            upstream.Failed();
            var refusal = end == StreamEnd.Cut ? AiRefusals.UpstreamCut : AiRefusals.UpstreamSlow;
            await http.Response.Body.WriteAsync(AiErrors.Event(call.Form, refusal, AiHeaders.RequestIdOf(http)), http.RequestAborted);
        }
    }

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

    private static byte[] Larger(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static bool IsJson(ReadOnlySpan<byte> answer)
    {
        try
        {
            var reader = new Utf8JsonReader(answer);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private enum StreamEnd
    {
        Proper,
        Left,
        Cut,
        Silent,
    }
}
