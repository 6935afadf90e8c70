using System.Text.Json;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Limits;
using Spoq.Infrastructure.Ai.Upstreams;

namespace Spoq.Web.Ai;

/// <summary>Lets an answer pass as it is and counts while it does.</summary>
internal static class AnswerRelay
{
    private const int Chunk = 16 * 1024;

    /// <summary>An answer in one piece is held until it is whole, so that one that breaks off is a clear error.</summary>
    private const int MostWhole = 64 * 1024 * 1024;

    /// <summary>So much is believed of what the upstream says will come; more counts as what bodies take of the memory.</summary>
    private const int FirstRent = 256 * 1024;

    public static async Task PassAsync(HttpContext http, AiCall call, Upstream upstream, HttpResponseMessage response, ClientPatience patience)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(CancellationToken.None);
        var type = response.Content.Headers.ContentType?.MediaType;
        if (call.Request.Stream && type == "text/event-stream")
        {
            await StreamRelay.PassAsync(http, call, upstream, stream, patience);
        }
        else
        {
            await WholeAsync(http, call, upstream, stream, response.Content.Headers.ContentLength, patience);
        }
    }

    private static async Task WholeAsync(HttpContext http, AiCall call, Upstream upstream, Stream stream, long? expected, ClientPatience patience)
    {
        var buffer = call.Bodies.Rent((int)Math.Clamp(expected ?? Chunk, 1, FirstRent));
        long charged = 0;
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

                        call.Bodies.Add(length);
                        charged += length;
                        buffer = Larger(call.Bodies, buffer, length);
                    }
                }
            }
            catch (Exception cut) when (cut is IOException or HttpRequestException or OperationCanceledException)
            {
                var no = patience.IsStopping ? AiRefusals.Stopping : cut is OperationCanceledException ? AiRefusals.UpstreamSlow : AiRefusals.UpstreamCut;
                if (!patience.HasClientLeft && !patience.IsStopping)
                {
                    upstream.Failed();
                }

                call.End(default, true, patience.HasClientLeft ? StatusCodes.Status499ClientClosedRequest : AiErrors.StatusOf(no, call.Form));
                await AiErrors.WriteAsync(http, call.Form, no);
                return;
            }

            await EndWholeAsync(http, call, upstream, buffer.AsMemory(0, length));
        }
        finally
        {
            call.Bodies.Return(buffer);
            call.Bodies.Give(charged);
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

    private static byte[] Larger(BodyBudget bodies, byte[] buffer, int length)
    {
        var larger = bodies.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        bodies.Return(buffer);
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
}
