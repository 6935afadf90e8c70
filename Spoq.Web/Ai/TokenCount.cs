using System.Text;
using Spoq.Core.Ai;

namespace Spoq.Web.Ai;

/// <summary>
/// <c>count_tokens</c>: asked where the model has an upstream that counts, else an estimate. It is no answer of a
/// model, so it is neither metered nor paid for.
/// </summary>
internal static class TokenCount
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    public static async Task AnswerAsync(HttpContext http, AiCall call, RequestBody body)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        limit.CancelAfter(s_patience);
        foreach (var route in call.Model.Routes.Where(route => route.Upstream.Form == AiForm.Anthropic))
        {
            if (route.Upstream.Enter() is not null)
            {
                continue;
            }

            try
            {
                using var sent = Translator.Request(call, body, route) is { } edited && edited.Try(out var other, out _) ? other : null;
                using var response = await route.Upstream.SendAsync(call.Operation, (sent ?? body).ToUpstream(), AiHeaders.Passed(http.Request, call.Form, AiForm.Anthropic), limit.Token);
                route.Upstream.Answered();
                if (response.IsSuccessStatusCode)
                {
                    await WriteAsync(http, await response.Content.ReadAsByteArrayAsync(limit.Token));
                    return;
                }

                if ((int)response.StatusCode is 400 or 404 or 413 or 422)
                {
                    await UpstreamRefusal.PassAsync(http, call.Form, AiForm.Anthropic, response);
                    return;
                }
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException && !http.RequestAborted.IsCancellationRequested)
            {
                route.Upstream.Failed();
            }
            finally
            {
                route.Upstream.Leave();
            }
        }

        await WriteAsync(http, Encoding.UTF8.GetBytes($"{{\"input_tokens\":{call.Request.PromptTokens}}}"));
    }

    private static async Task WriteAsync(HttpContext http, byte[] answer)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = answer.Length;
        await http.Response.Body.WriteAsync(answer, http.RequestAborted);
    }
}
