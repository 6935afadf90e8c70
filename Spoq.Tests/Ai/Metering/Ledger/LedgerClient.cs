using System.Buffers;
using System.Net.Http.Headers;
using System.Text;

namespace Spoq.Tests.Ai.Metering.Ledger;

/// <summary>A program that asks, reads and counts, and may be gone at any byte.</summary>
internal static class LedgerClient
{
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    public static async Task AskAsync(HttpClient http, Uri server, LedgerCall call, CancellationToken hung)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(call.Leaving.Token, hung);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, call.IsAnthropic ? "/v1/messages" : "/v1/chat/completions")) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(BodyOf(call))) };
        request.Content.Headers.ContentType = s_json;
        call.StartedAt = DateTimeOffset.UtcNow;
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving.Token);
            call.Status = (int)answer.StatusCode;
            call.HeadSeen.TrySetResult();
            call.RequestId = answer.Headers.TryGetValues("X-Request-Id", out var ids) && Guid.TryParse(ids.First(), out var id) ? id : null;
            await using var stream = await answer.Content.ReadAsStreamAsync(leaving.Token);
            await ReadAsync(stream, call, leaving.Token);
        }
        catch (Exception gone) when (gone is HttpRequestException or IOException or OperationCanceledException)
        {
            // Either of us is gone; what was recorded is looked at in the end.
        }
        finally
        {
            call.EndedAt = DateTimeOffset.UtcNow;
            call.IsHung = hung.IsCancellationRequested;
        }
    }

    public static string BodyOf(LedgerCall call) =>
        $$"""{"model":"{{LedgerSettings.Model(call.Worker, call.FromAnthropic)}}","max_tokens":300,"stream":{{(call.Stream ? "true" : "false")}}{{(call.WantsUsage && call.Stream && !call.IsAnthropic ? ",\"stream_options\":{\"include_usage\":true}" : "")}},"messages":[{"role":"user","content":"Say something. [[{{call.Number}}]]"}]}""";

    private static async Task ReadAsync(Stream stream, LedgerCall call, CancellationToken leaving)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            for (var left = call.LeavesAt; left > 0;)
            {
                var read = await stream.ReadAsync(buffer, leaving);
                if (read == 0)
                {
                    call.IsComplete = true;
                    return;
                }

                call.See(buffer.AsSpan(0, Math.Min(read, left)).Count((byte)'#'));
                left -= Math.Min(read, left);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
