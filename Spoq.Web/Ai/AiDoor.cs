using System.Collections.Frozen;
using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Access;

namespace Spoq.Web.Ai;

/// <summary>
/// Takes the proxy's requests before cookies, antiforgery, limits in the database and the request log: none of them
/// has a say here, and each costs more than the proxy itself.
/// </summary>
internal sealed class AiDoor(RequestDelegate next, AiRelay relay, ModelsAnswer models, IOptions<SpoqOptions> options, IHostEnvironment environment, ILogger<AiDoor> logger)
{
    private const string Models = "/v1/models";

    private static readonly FrozenDictionary<string, AiOperation> s_operations = AiEndpoints.Operations.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly bool _needsHttps = environment.IsProduction() && options.Value.BaseUrl.Scheme == Uri.UriSchemeHttps;

    public Task InvokeAsync(HttpContext http)
    {
        var path = http.Request.Path.Value ?? "";
        if (!path.StartsWith("/v1/", StringComparison.Ordinal) || (_needsHttps && !http.Request.IsHttps) || ApiKeyInUrl.IsIn(http.Request))
        {
            return next(http);
        }

        if (s_operations.TryGetValue(path, out var operation))
        {
            return HttpMethods.IsPost(http.Request.Method) ? GuardAsync(http, operation.Form(), relay.ServeAsync(http, operation)) : RefuseMethodAsync(http, operation.Form(), "POST");
        }

        if (path == Models || path.StartsWith(Models + "/", StringComparison.Ordinal))
        {
            return HttpMethods.IsGet(http.Request.Method)
                ? GuardAsync(http, ModelsAnswer.FormOf(http.Request), path.Length <= Models.Length + 1 ? models.ListAsync(http) : models.OneAsync(http, Uri.UnescapeDataString(path[(Models.Length + 1)..])))
                : RefuseMethodAsync(http, ModelsAnswer.FormOf(http.Request), "GET");
        }

        return next(http);
    }

    private static Task RefuseMethodAsync(HttpContext http, AiForm form, string allowed)
    {
        AiHeaders.Begin(http, Guid.CreateVersion7());
        http.Response.Headers.Allow = allowed;
        return AiErrors.WriteAsync(http, form, AiRefusals.MethodNotAllowed);
    }

    private async Task GuardAsync(HttpContext http, AiForm form, Task serving)
    {
        try
        {
            await serving;
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
        }
        catch (Exception error)
        {
            logger.LogError(error, "A request to a model failed, {RequestId}", AiHeaders.RequestIdOf(http));
            await AiErrors.WriteAsync(http, form, new Refusal("internal", "Something went wrong on our side. Try again; if it stays, tell us the request id.", RefusalKind.Unavailable));
        }
    }
}
