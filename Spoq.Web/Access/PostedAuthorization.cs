using Microsoft.AspNetCore.Http.Extensions;

namespace Spoq.Web.Access;

/// <summary>
/// A request may also come as a form (OpenID Connect Core, section 3.1.2.1). Browsers hold back our cookie from a
/// form of another site, so it goes on as an address, which they send it with.
/// </summary>
internal static class PostedAuthorization
{
    public static IApplicationBuilder UsePostedAuthorization(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        var request = context.Request;
        if (!HttpMethods.IsPost(request.Method) || !request.Path.Equals("/oauth/authorize", StringComparison.OrdinalIgnoreCase) || !request.HasFormContentType)
        {
            await next(context);
            return;
        }

        IFormCollection form;
        try
        {
            form = await request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception error) when (error is InvalidDataException or IOException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (!form.ContainsKey("_handler"))
        {
            var query = new QueryBuilder(form.SelectMany(pair => pair.Value, (pair, value) => KeyValuePair.Create(pair.Key, value ?? "")));
            context.Response.Redirect($"/oauth/authorize{query}");
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            return;
        }

        await next(context);
    });
}
