using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.ResponseCompression;
using Spoq.Infrastructure.Ops;
using Spoq.Web.Access;
using Spoq.Web.Accounts;
using Spoq.Web.Ai;
using Spoq.Web.Shell.OpenApi;

namespace Spoq.Web.Shell;

/// <summary>What every request passes and every page stands in.</summary>
internal static class ShellSetup
{
    private const long MaxBodyBytes = 1024 * 1024;

    /// <summary>A whole authorization request fits into the address of the log-in page, escaped twice.</summary>
    private const int MaxAddressBytes = 16 * 1024;

    public static void AddWebShell(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        var isDevelopment = builder.Environment.IsDevelopment();
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MaxRequestLineSize = MaxAddressBytes;

            // What nobody has begun to read is held for each connection; a megabyte of it, the default, for thousands is too much.
            kestrel.Limits.MaxRequestBufferSize = 128 * 1024;
        });
        // Each request has a line and a scope of ours (RequestLog); the host's own cost an activity and a scope more.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        if (!isDevelopment)
        {
            builder.Logging.ClearProviders();
            builder.Logging.AddJsonConsole(json => json.IncludeScopes = true);
        }

        if (isDevelopment)
        {
            services.AddHostedService<DevelopmentGreeting>();
        }

        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddProblemDetails();
        services.AddApiJson();
        services.AddApiDocument();
        services.Configure<LimitOptions>(builder.Configuration.GetSection(LimitOptions.Section));
        services.AddExceptionHandler<Failures>();
        services.AddScoped<Toasts>();
        services.AddHsts(hsts => hsts.MaxAge = TimeSpan.FromDays(365));
        services.AddForwarding(builder.Configuration);
        services.AddResponseCompression(compression =>
        {
            // Only pages without a secret of their own are compressed; see UsePageCompression.
            compression.EnableForHttps = true;
            compression.Providers.Add<BrotliCompressionProvider>();
            compression.Providers.Add<GzipCompressionProvider>();
            compression.MimeTypes = ["text/html"];
        });
    }

    /// <summary>The way in, outermost first.</summary>
    public static void UseWebShell(this WebApplication app)
    {
        app.UseForwardedHeaders();
        app.UseMiddleware<AiDoor>();
        app.UseRequestId();
        app.UseSecurityHeaders();
        app.UseApiKeyInUrlCheck();
        app.UseMiddleware<RequestLog>();
        if (!app.Environment.IsDevelopment())
        {
            app.UseHsts();
        }

        app.UsePageCompression();
        app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandlingPath = "/error", StatusCodeSelector = Failures.StatusOf, CreateScopeForErrors = true });
        app.UseStatusCodePages(Failures.ExplainAsync);
        app.UseProductionEdge();
        app.UseOriginCheck();
        app.UsePostedAuthorization();
        app.UseRouting();
        app.UseRoutingRefusals();
        app.UseBodyLimit();
        app.UseCors();
        app.UseAuthentication();
        app.UseMiddleware<ApiLimits>();
        app.UseAuthorization();
        app.UseStepUp();
        app.UseAntiforgery();
        app.UseMiddleware<Idempotency>();
    }

    public static void MapWebShell(this WebApplication app)
    {
        app.MapStaticAssets().AllowAnonymous();
        app.MapHealth();
        app.MapApiDocument();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(live => live.ContentSecurityFrameAncestorsPolicy = null);
    }

    /// <summary>"Not this method" and "not this type of body" are true for everybody: nobody is asked to log in first to hear it.</summary>
    private static void UseRoutingRefusals(this WebApplication app) => app.Use((context, next) =>
        context.GetEndpoint() is { RequestDelegate: { } refuse } endpoint and not RouteEndpoint ? refuse(context) : next(context));

    /// <summary>A body that says it is too large is refused before anybody reads it; Kestrel ends the others at the same length.</summary>
    private static void UseBodyLimit(this WebApplication app) => app.Use((context, next) =>
    {
        var limit = context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>()?.MaxRequestBodySize ?? MaxBodyBytes;
        if (context.Request.ContentLength > limit)
        {
            // Kestrel takes what is on its way for a few seconds: a client that is cut off while it sends never reads the answer.
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            {
                size.MaxRequestBodySize = null;
            }

            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return Task.CompletedTask;
        }

        return next(context);
    });

    /// <summary>
    /// Compression leaks the length of a secret that stands next to text of the caller's choosing (BREACH).
    /// Public pages for signed-out people hold none.
    /// </summary>
    private static void UsePageCompression(this WebApplication app) =>
        app.UseWhen(
            context => HttpMethods.IsGet(context.Request.Method) && context.Request.Cookies.Count == 0,
            branch => branch.UseResponseCompression());

    /// <summary>Whom to believe about the caller's address is the operator's word, never a default.</summary>
    private static void AddForwarding(this IServiceCollection services, ConfigurationManager configuration) =>
        services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            forwarded.ForwardedHeaders = ForwardedHeaders.None;
            var proxies = configuration["Spoq:TrustedProxies"]?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
            if (proxies.Length == 0)
            {
                return;
            }

            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
            // However many of the named proxies stand in a row: the first address that is none of them is the caller's.
            forwarded.ForwardLimit = null;
            forwarded.KnownIPNetworks.Clear();
            forwarded.KnownProxies.Clear();
            foreach (var proxy in proxies)
            {
                forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.TryParse(proxy, out var network)
                    ? network
                    : throw new InvalidOperationException($"Spoq__TrustedProxies holds '{proxy}', which is not a network. Write 10.0.0.0/8, 192.0.2.7/32."));
            }
        });
}
