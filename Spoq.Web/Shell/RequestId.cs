using System.Buffers;

namespace Spoq.Web.Shell;

/// <summary>One id from the first log line to the answer's header. A caller's own id is kept when it is short and plain.</summary>
internal static class RequestId
{
    public const string Header = "X-Request-Id";
    private const int MaxLength = 64;
    private static readonly SearchValues<char> s_plain = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    public static string Of(HttpContext context) => context.TraceIdentifier;

    public static IApplicationBuilder UseRequestId(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var given = context.Request.Headers[Header].ToString();
        var id = given is { Length: > 0 and <= MaxLength } && !given.AsSpan().ContainsAnyExcept(s_plain)
            ? given
            : Guid.CreateVersion7().ToString("N");
        context.TraceIdentifier = id;
        context.Response.Headers[Header] = id;
        // The exception handler clears the headers of a half-made answer; the id must survive it.
        context.Response.OnStarting(() =>
        {
            context.Response.Headers[Header] = id;
            return Task.CompletedTask;
        });
        return next(context);
    });
}
