using System.Net;
using System.Text;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Upstreams;

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
        foreach (var route in call.Model.Routes.Where(route => route.Upstream.Form == AiForm.Anthropic))
        {
            if (route.Upstream.Enter(out var findsOut) is not null)
            {
                continue;
            }

            try
            {
                if (await TryAsync(http, call, body, route, findsOut))
                {
                    return;
                }
            }
            finally
            {
                route.Upstream.Leave();
            }
        }

        await WriteAsync(http, Encoding.UTF8.GetBytes($"{{\"input_tokens\":{call.Request.PromptTokens}}}"));
    }

    /// <returns>False: it told nothing, somebody else may.</returns>
    private static async Task<bool> TryAsync(HttpContext http, AiCall call, RequestBody body, ModelRoute route, bool findsOut)
    {
        var upstream = route.Upstream;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        limit.CancelAfter(s_patience);
        try
        {
            using var response = await upstream.SendAsync(call.Operation, body.ToUpstream(null, Translator.Edits(call, route)), AiHeaders.Passed(http.Request, call.Form, AiForm.Anthropic), limit.Token);
            if ((int)response.StatusCode >= 500)
            {
                upstream.Failed(findsOut);
                return false;
            }

            upstream.Answered();
            if (response.IsSuccessStatusCode)
            {
                var counted = await UpstreamRefusal.ReadAsync(response, limit.Token);
                if (counted.Length > 0)
                {
                    await WriteAsync(http, counted);
                }

                return counted.Length > 0;
            }

            if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity)
            {
                await UpstreamRefusal.PassAsync(http, call.Form, response);
                return true;
            }

            return false;
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            upstream.CalledOff(findsOut);
            throw;
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException)
        {
            upstream.Failed(findsOut);
            return false;
        }
    }

    private static async Task WriteAsync(HttpContext http, byte[] answer)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = answer.Length;
        await http.Response.Body.WriteAsync(answer, http.RequestAborted);
    }
}
