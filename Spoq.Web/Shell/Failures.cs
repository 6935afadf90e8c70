using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Mvc;
using Spoq.Core.Access;
using Spoq.Infrastructure.Data;
using Spoq.Web.Access;

namespace Spoq.Web.Shell;

/// <summary>What goes wrong beyond any handler: a problem for programs, a page for people, never a stack trace.</summary>
internal sealed class Failures(IProblemDetailsService problems) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (Problems.WantsPage(httpContext.Request))
        {
            return false;
        }

        var problem = Explain(exception);
        if (problem.Status < StatusCodes.Status500InternalServerError && httpContext.Features.Get<IExceptionHandlerFeature>()?.Endpoint?.Metadata.GetMetadata<OAuthErrors>() is not null)
        {
            await OAuthAnswers.Error(OAuthError.InvalidRequest(problem.Detail ?? Problems.DetailOf(StatusCodes.Status400BadRequest)), problem.Status ?? StatusCodes.Status400BadRequest).ExecuteAsync(httpContext);
            return true;
        }

        return await problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = problem });
    }

    private static ProblemDetails Explain(Exception exception) =>
        exception is BadHttpRequestException bad ? BadInput.Explain(bad) : new ProblemDetails { Status = StatusOf(exception) };

    public static int StatusOf(Exception exception) => exception switch
    {
        BadHttpRequestException bad => bad.StatusCode,
        _ when StoredText.IsRefused(exception) => StatusCodes.Status400BadRequest,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>An answer that was refused without a body, such as 401, 404, 405 or 415.</summary>
    public static async Task ExplainAsync(StatusCodeContext context)
    {
        var http = context.HttpContext;
        if (!Problems.WantsPage(http.Request))
        {
            await http.RequestServices.GetRequiredService<IProblemDetailsService>()
                .TryWriteAsync(new ProblemDetailsContext { HttpContext = http, ProblemDetails = new ProblemDetails { Status = http.Response.StatusCode } });
            return;
        }

        var (method, path, query, length) = (http.Request.Method, http.Request.Path, http.Request.QueryString, http.Request.ContentLength);
        http.Features.Set<IStatusCodeReExecuteFeature>(new StatusCodeReExecuteFeature
        {
            OriginalPathBase = http.Request.PathBase,
            OriginalPath = path,
            OriginalQueryString = query.HasValue ? query.Value : null,
        });
        http.SetEndpoint(null);
        http.Request.RouteValues.Clear();
        http.Request.Path = http.Response.StatusCode == StatusCodes.Status404NotFound ? "/not-found" : "/error";
        http.Request.QueryString = QueryString.Empty;

        // The page is only shown: what was sent along, and refused, is no part of asking for it.
        http.Request.Method = HttpMethods.Get;
        http.Request.ContentLength = null;
        try
        {
            await context.Next(http);
        }
        finally
        {
            (http.Request.Method, http.Request.Path, http.Request.QueryString, http.Request.ContentLength) = (method, path, query, length);
            http.Features.Set<IStatusCodeReExecuteFeature>(null);
        }
    }
}
