using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Budgets;
using Spoq.Infrastructure.Ai.Keys;
using Spoq.Infrastructure.Ai.Limits;
using Spoq.Infrastructure.Ai.Upstreams;

namespace Spoq.Web.Ai;

/// <summary>Who asks, for what, within which limits: the way of a request until an upstream is asked.</summary>
internal sealed class AiRelay(AiCallers callers, ModelCatalogue models, RateShare share, BudgetLedger budget, UpstreamCalls upstreams, TimeProvider clock)
{
    public async Task ServeAsync(HttpContext http, AiOperation operation)
    {
        var form = operation.Form();
        AiHeaders.Begin(http, Guid.CreateVersion7(clock.GetUtcNow()).ToString());
        if (!(await callers.FindAsync(http)).Try(out var caller, out var stranger))
        {
            await AiErrors.WriteAsync(http, form, stranger);
            return;
        }

        if (Unsupported(http.Request) is { } type)
        {
            await AiErrors.WriteAsync(http, form, type);
            return;
        }

        using var body = new RequestBody();
        if (await body.ReadAsync(http) is { } unreadable)
        {
            await AiErrors.WriteAsync(http, form, unreadable);
            return;
        }

        if (!Understand(body, operation, caller).Try(out var call, out var refusal))
        {
            await AiErrors.WriteAsync(http, form, refusal);
            return;
        }

        using (call)
        {
            if (await EnterAsync(http, call) is { } no)
            {
                await AiErrors.WriteAsync(http, form, no);
            }
            else if (operation == AiOperation.CountTokens)
            {
                await TokenCount.AnswerAsync(http, call, body);
            }
            else
            {
                await upstreams.AskAsync(http, call, body);
            }
        }
    }

    private Result<AiCall> Understand(RequestBody body, AiOperation operation, AiCaller caller)
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

        return callers.Check(caller, model) is { } no ? no : new AiCall(operation, request, model, caller) { Share = share, Clock = clock };
    }

    private async ValueTask<Refusal?> EnterAsync(HttpContext http, AiCall call)
    {
        var no = call.Enter();
        AiHeaders.Limits(http, call.Caller, clock.GetUtcNow().UtcTicks);
        if (no is not null || call.Operation == AiOperation.CountTokens)
        {
            return no;
        }

        var reserved = await budget.ReserveAsync(call.Caller.Account.Id, call.Caller.KeyId, call.WorstCase, http.RequestAborted);
        if (!reserved.Try(out var reservation, out var tooMuch))
        {
            return tooMuch;
        }

        call.Reservation = reservation;
        return null;
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

    private static readonly CallerRule s_rule = new(Scopes.Ai) { AcceptsApiKeys = true };

    public ValueTask<Result<AiCaller>> FindAsync(HttpContext http) => AiHeaders.Credential(http.Request) switch
    {
        null or "" => new(AccessRefusals.TokenMissing),
        var token when token.StartsWith(KeyPrefix, StringComparison.Ordinal) => keys.FindAsync(token, http.Connection.RemoteIpAddress, http.RequestAborted),
        var token => accounts.FindAsync(token, s_rule, http.RequestAborted),
    };

    /// <summary>Null: the account may use the model.</summary>
    public Refusal? Check(in AiCaller caller, AiModel model) => caller.Account.Check(model, options.Value.PlanRequired == true);
}
