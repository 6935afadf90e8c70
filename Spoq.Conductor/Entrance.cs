using System.Text.Json.Serialization.Metadata;
using Spoq.Core;

namespace Spoq.Conductor;

/// <summary>The way in to long work: a body that can be read and is right, and a free place. So many at once and no more; nobody queues.</summary>
internal sealed class Entrance<T>(JsonTypeInfo<T> type, Func<T, Refusal?> check, long maxBodyBytes = RequestBody.MaxBytes)
    where T : class
{
    private const int Places = 16;

    private int _taken;

    public async Task AdmitAsync(HttpContext context, Func<HttpContext, T, Task> serve)
    {
        var read = await RequestBody.ReadAsync(context, type, maxBodyBytes);
        if (!read.Try(out var request, out var refusal) || (refusal = check(request)) is not null)
        {
            await Problems.WriteAsync(context, refusal);
            return;
        }

        try
        {
            await (Interlocked.Increment(ref _taken) <= Places ? serve(context, request) : Problems.WriteAsync(context, ConductorRefusals.TooManyAtOnce));
        }
        finally
        {
            Interlocked.Decrement(ref _taken);
        }
    }
}
