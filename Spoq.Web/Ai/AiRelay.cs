using Microsoft.AspNetCore.Connections.Features;
using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Keys;
using Spoq.Infrastructure.Ai.Limits;
using Spoq.Infrastructure.Ai.Metering;
using Spoq.Infrastructure.Ai.Upstreams;
using Spoq.Web.Access;

namespace Spoq.Web.Ai;

/// <summary>
/// Who asks, within which limits, for what: the way of a request until an upstream is asked. A place is held before a
/// body is read, so that memory is held only for who may have an answer.
/// </summary>
internal sealed class AiRelay(AiCallers callers, ModelCatalogue models, RateShare share, BodyBudget bodies, UpstreamCalls upstreams, TimeProvider clock)
{
    public async Task ServeAsync(HttpContext http, AiOperation operation)
    {
        var requestId = RequestIds.New(clock.GetUtcNow());
        AiHeaders.Begin(http, requestId);
        RequestBody.LiftServersLimit(http);
        if (!(await callers.FindAsync(http)).Try(out var caller, out var stranger))
        {
            await AiErrors.WriteAsync(http, operation.Form(), stranger);
            return;
        }

        if (Unsupported(http.Request) is { } type)
        {
            await AiErrors.WriteAsync(http, operation.Form(), type);
            return;
        }

        if (caller.Enter(clock.GetUtcNow().UtcTicks, share) is { } full)
        {
            await RefuseAsync(http, operation, caller, full);
            return;
        }

        try
        {
            await ServeAsync(http, operation, caller, requestId);
        }
        finally
        {
            caller.Leave();
        }
    }

    private async Task ServeAsync(HttpContext http, AiOperation operation, AiCaller caller, Guid requestId)
    {
        using var body = new RequestBody(bodies);
        if (await body.ReadAsync(http) is { } unreadable)
        {
            await RefuseAsync(http, operation, caller, unreadable);
            return;
        }

        if (!Understand(body, operation, caller, requestId).Try(out var call, out var refusal))
        {
            await RefuseAsync(http, operation, caller, refusal);
            return;
        }

        using (call)
        {
            if (call.TakeTokens() is { } no)
            {
                await RefuseAsync(http, operation, caller, no);
                return;
            }

            AiHeaders.Limits(http, caller, clock.GetUtcNow().UtcTicks);
            if (operation == AiOperation.CountTokens)
            {
                await TokenCount.AnswerAsync(http, call, body);
            }
            else
            {
                await upstreams.AskAsync(http, call, body);
            }
        }
    }

    private Task RefuseAsync(HttpContext http, AiOperation operation, AiCaller caller, Refusal refusal)
    {
        AiHeaders.Limits(http, caller, clock.GetUtcNow().UtcTicks);
        return AiErrors.WriteAsync(http, operation.Form(), refusal);
    }

    private Result<AiCall> Understand(RequestBody body, AiOperation operation, AiCaller caller, Guid requestId)
    {
        if (!AiRequestReader.Read(body.Bytes.Span, operation).Try(out var request, out var unreadable))
        {
            return unreadable;
        }

        if (models.Find(request.Model) is not { } model)
        {
            return AiRefusals.ModelUnknown(request.Model);
        }

        if (model.Price is null)
        {
            return AiRefusals.ModelUnpriced(request.Model);
        }

        if (!model.Offers(operation))
        {
            return AiRefusals.NotOffered(request.Model);
        }

        return callers.Check(caller, model) is { } no ? no : new AiCall(operation, request, model, caller) { RequestId = requestId, Share = share, Bodies = bodies, Clock = clock };
    }

    private static Refusal? Unsupported(HttpRequest request) =>
        request.Headers.ContentEncoding.Count > 0 && request.Headers.ContentEncoding != "identity" ? new Refusal("unsupported_media_type", "Send the body as it is, not compressed.", RefusalKind.Malformed)
        : request.ContentType is { } type && !type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) ? new Refusal("unsupported_media_type", "Send JSON: Content-Type: application/json.", RefusalKind.Malformed)
        : null;
}

/// <summary>Lets in keys and access tokens with the scope <c>ai</c>, by the proxy's own means.</summary>
internal sealed class AiCallers(AiKeys keys, AiAccounts accounts, Microsoft.Extensions.Options.IOptions<Infrastructure.Ai.AiOptions> options)
{
    private const string KeyPrefix = "spoq_";

    private static readonly object s_lastKey = new();

    private static readonly CallerRule s_rule = new(Scopes.Ai) { AcceptsApiKeys = true };

    public ValueTask<Result<AiCaller>> FindAsync(HttpContext http)
    {
        // The server hands out one and the same string while a connection repeats its header: then its hash is known.
        // Only where requests come one after the other: what belongs to a connection is not for several at once.
        var header = http.Request.Headers.Authorization.ToString();
        var connection = HttpProtocol.IsHttp11(http.Request.Protocol) ? http.Features.Get<IConnectionItemsFeature>()?.Items : null;
        if (connection is not null && connection.TryGetValue(s_lastKey, out var last) && last is LastKey known && ReferenceEquals(known.Header, header))
        {
            return keys.FindAsync(known.Key, http.Connection.RemoteIpAddress, http.RequestAborted);
        }

        var bearer = BearerToken.Of(header);
        switch (bearer ?? AiHeaders.Key(http.Request))
        {
            case null or "":
                return new(AccessRefusals.TokenMissing);
            case var token when token.StartsWith(KeyPrefix, StringComparison.Ordinal):
                var key = new PresentedKey(token);
                if (connection is not null && bearer is not null)
                {
                    connection[s_lastKey] = new LastKey(header, key);
                }

                return keys.FindAsync(key, http.Connection.RemoteIpAddress, http.RequestAborted);
            case var token:
                return accounts.FindAsync(token, s_rule, http.RequestAborted);
        }
    }

    /// <summary>Null: the account may use the model.</summary>
    public Refusal? Check(in AiCaller caller, AiModel model) => caller.Account.Check(model, options.Value.PlanRequired == true);

    private sealed record LastKey(string Header, PresentedKey Key);
}
