using System.Net;
using Spoq.Core;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Budgets;
using Spoq.Infrastructure.Ai.Metering;
using Spoq.Infrastructure.Ai.Upstreams;

namespace Spoq.Web.Ai;

/// <summary>
/// Sets the worst case aside, then asks the upstreams of a model one after the other until one begins to answer. Before
/// the first byte a broken connection, 429, 5xx and a key that is not taken lead to the next; after it nothing does.
/// </summary>
internal sealed class UpstreamCalls(UsageMeter meter, BudgetLedger budget, LastCall lastCall, TimeProvider clock, ILogger<UpstreamCalls> logger)
{
    private static readonly TimeSpan s_moment = TimeSpan.FromSeconds(1);

    public async Task AskAsync(HttpContext http, AiCall call, RequestBody body)
    {
        var reserved = await budget.ReserveAsync(call.Caller.Account.Id, call.Caller.KeyId, call.WorstCase, http.RequestAborted);
        if (!reserved.Try(out var reservation, out var tooMuch))
        {
            await AiErrors.WriteAsync(http, call.Form, tooMuch);
            return;
        }

        call.Reservation = reservation;
        HttpResponseMessage? refused = null;
        Refusal? no = null;
        TimeSpan? wait = null;
        try
        {
            foreach (var route in call.Model.Routes)
            {
                if (!Translator.CanReach(call, route.Upstream))
                {
                    continue;
                }

                if (http.RequestAborted.IsCancellationRequested)
                {
                    // Nobody is there any more to ask another upstream for.
                    return;
                }

                if (lastCall.Over.IsCancellationRequested)
                {
                    no = AiRefusals.Stopping;
                    break;
                }

                if (route.Upstream.Enter(out var findsOut) is { } busy)
                {
                    wait = wait < busy ? wait : busy;
                    continue;
                }

                refused?.Dispose();
                refused = null;
                try
                {
                    (var isOver, refused, var why) = await TryAsync(http, call, body, route, findsOut);
                    if (isOver)
                    {
                        return;
                    }

                    // That the last one speaks another form is not why the first one failed.
                    no = why?.Code == AiRefusals.UnsupportedParameter ? no ?? why : why ?? no;
                }
                finally
                {
                    route.Upstream.Leave();
                }
            }

            await RefuseAsync(http, call, refused, no, wait);
        }
        finally
        {
            refused?.Dispose();
        }
    }

    private async Task<(bool IsOver, HttpResponseMessage? Refused, Refusal? No)> TryAsync(HttpContext http, AiCall call, RequestBody body, ModelRoute route, bool findsOut)
    {
        var upstream = route.Upstream;
        RequestBody? translated = null;
        if (upstream.Form != call.Form && !Translator.Request(call, body, route).Try(out translated, out var untranslatable))
        {
            upstream.CalledOff(findsOut);
            return (false, null, untranslatable);
        }

        using var other = translated;
        if (meter.Open(new CallFacts(call.Caller.Account.Id, call.Caller.KeyId, call.Model.Name, upstream.Name, call.Model.Price!, call.Request.PromptTokens) { RequestId = call.Metered is null ? call.RequestId : null }) is not { } metered)
        {
            upstream.CalledOff(findsOut);
            await AiErrors.WriteAsync(http, call.Form, AiRefusals.MeteringFull);
            return (true, null, null);
        }

        call.Metered = metered;
        call.StartedAt = clock.GetTimestamp();
        if (metered.RequestId != call.RequestId)
        {
            AiHeaders.Begin(http, metered.RequestId);
        }

        using var patience = new ClientPatience(call.Request.Stream, upstream.Options.Drain, upstream.Options.AnswerTimeout, http.RequestAborted, lastCall.Over);
        HttpResponseMessage response;
        try
        {
            response = await upstream.SendAsync(Translator.OperationAt(call, upstream), other?.ToUpstream(metered) ?? body.ToUpstream(metered, Translator.Edits(call, route)), AiHeaders.Passed(http.Request, call.Form, upstream.Form), patience.Token);
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException)
        {
            return LostBeforeAnswer(call, upstream, patience, broken, findsOut);
        }

        if (IsForNext(response.StatusCode))
        {
            metered.Abandon();
            NoteRefusal(upstream, response, findsOut);
            return (false, response, AiRefusals.UpstreamFailed);
        }

        upstream.Answered();
        patience.Begin();

        // Nobody else will be asked: the answer may run for minutes, and its question need not lie in memory so long.
        other?.Dispose();
        body.Dispose();
        using (response)
        {
            if (response.IsSuccessStatusCode)
            {
                await AnswerRelay.PassAsync(http, call, upstream, response, patience);
            }
            else
            {
                metered.Abandon();
                await UpstreamRefusal.PassAsync(http, call.Form, response);
            }
        }

        return (true, null, null);
    }

    private (bool IsOver, HttpResponseMessage? Refused, Refusal? No) LostBeforeAnswer(AiCall call, Upstream upstream, ClientPatience patience, Exception broken, bool findsOut)
    {
        if (patience.HasClientLeft)
        {
            // Nothing was seen of an answer, and nobody is there to ask somebody else for.
            upstream.CalledOff(findsOut);
            call.End(default, true, StatusCodes.Status499ClientClosedRequest);
            return (true, null, null);
        }

        call.Metered!.Abandon();
        if (patience.IsStopping)
        {
            upstream.CalledOff(findsOut);
            return (false, null, AiRefusals.Stopping);
        }

        upstream.Failed(findsOut);
        logger.LogWarning("{Upstream} did not answer: {Reason}", upstream.Name, broken.Message);
        return (false, null, broken is OperationCanceledException ? AiRefusals.UpstreamSlow : AiRefusals.UpstreamFailed);
    }

    private void NoteRefusal(Upstream upstream, HttpResponseMessage response, bool findsOut)
    {
        if (response.StatusCode == HttpStatusCode.TooManyRequests)
        {
            if (response.Headers.RetryAfter?.Delta is { } wait && wait > TimeSpan.Zero)
            {
                upstream.AskedToWait(wait);
            }
            else
            {
                upstream.Answered();
            }

            return;
        }

        upstream.Failed(findsOut);
        logger.LogWarning("{Upstream} answered {Status}", upstream.Name, (int)response.StatusCode);
    }

    /// <summary>Our key that is not taken there is nothing the caller could mend.</summary>
    private static bool IsForNext(HttpStatusCode status) =>
        (int)status >= 500 || status is HttpStatusCode.TooManyRequests or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.RequestTimeout || (int)status is >= 300 and < 400;

    private static async Task RefuseAsync(HttpContext http, AiCall call, HttpResponseMessage? refused, Refusal? no, TimeSpan? wait)
    {
        if (refused is { StatusCode: HttpStatusCode.TooManyRequests })
        {
            var after = refused.Headers.RetryAfter?.Delta ?? s_moment;
            no = AiRefusals.UpstreamBusy(after);
        }

        no ??= wait is { } busy ? AiRefusals.UpstreamBusy(busy) : AiRefusals.NotOffered(call.Model.Name);
        await AiErrors.WriteAsync(http, call.Form, no);
    }
}
