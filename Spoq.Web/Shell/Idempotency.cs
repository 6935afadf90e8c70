using System.Security.Cryptography;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Accounts;

namespace Spoq.Web.Shell;

/// <summary>The write takes an <c>Idempotency-Key</c>: it costs money or creates servers.</summary>
internal sealed record IdempotentMetadata;

/// <summary>Gives repeats of a named write the answer of the first (draft-ietf-httpapi-idempotency-key-header).</summary>
internal sealed class Idempotency(RequestDelegate next, IdempotencyKeys keys)
{
    public const string Header = "Idempotency-Key";
    public const string Replayed = "Idempotent-Replayed";

    public async Task InvokeAsync(HttpContext context)
    {
        var given = context.Request.Headers[Header];
        if (given.Count == 0 || context.GetEndpoint()?.Metadata.GetMetadata<IdempotentMetadata>() is null || context.User.FindAccountId() is not { } accountId)
        {
            await next(context);
            return;
        }

        var write = new NamedWrite(accountId, Check(given), $"{context.Request.Method} {context.Request.Path}", await HashAsync(context.Request, context.RequestAborted));
        if (!(await keys.BeginAsync(write, context.RequestAborted)).Try(out var turn, out var refusal))
        {
            await refusal.ToProblem().ExecuteAsync(context);
        }
        else if (turn.Kept is { } kept)
        {
            context.Response.Headers[Replayed] = "true";
            await GiveAsync(context, kept);
        }
        else
        {
            await RunAsync(context, write, turn.RunId!.Value);
        }
    }

    private async Task RunAsync(HttpContext context, NamedWrite write, Guid runId)
    {
        var wire = context.Response.Body;
        using var body = new MemoryStream();
        context.Response.Body = body;
        var isKept = false;
        try
        {
            await next(context);
            if (context.Response.StatusCode is >= 200 and < 300)
            {
                // The caller may hang up; what was bought must not be bought again by the repeat.
                var answer = new KeptAnswer(context.Response.StatusCode, context.Response.ContentType, context.Response.Headers.Location, body.ToArray());
                await keys.KeepAsync(write, runId, answer, CancellationToken.None);
                isKept = true;
            }
        }
        finally
        {
            context.Response.Body = wire;
            if (!isKept)
            {
                await keys.ReleaseAsync(write, runId, CancellationToken.None);
            }
        }

        if (body.Length > 0)
        {
            await wire.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), context.RequestAborted);
        }
    }

    private static async Task GiveAsync(HttpContext context, KeptAnswer kept)
    {
        context.Response.StatusCode = kept.Status;
        context.Response.ContentType = kept.ContentType;
        if (kept.Location is { } location)
        {
            context.Response.Headers.Location = location;
        }

        if (kept.Body.Length > 0)
        {
            await context.Response.Body.WriteAsync(kept.Body, context.RequestAborted);
        }
    }

    private static string Check(Microsoft.Extensions.Primitives.StringValues given) =>
        given is [{ Length: > 0 and <= IdempotencyKeys.MaxLength } key] && key.All(c => c is > ' ' and < '\x7f')
            ? key
            : throw new BadFieldException(
                "idempotency_key", ApiRefusals.BadIdempotencyKey, $"An Idempotency-Key has 1 to {IdempotencyKeys.MaxLength} visible ASCII characters; a fresh UUID is a good one.");

    private static async Task<byte[]> HashAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        request.EnableBuffering();
        var hash = await SHA256.HashDataAsync(request.Body, cancellationToken);
        request.Body.Position = 0;
        return hash;
    }
}

internal static class IdempotencyConvention
{
    /// <summary>Repeats with the same <c>Idempotency-Key</c> get the first answer.</summary>
    public static TBuilder Idempotent<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new IdempotentMetadata());
}
