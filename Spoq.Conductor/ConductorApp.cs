using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Spoq.Conductor.Access;
using Spoq.Conductor.Ask;
using Spoq.Conductor.Reports;
using Spoq.Conductor.Run;
using Spoq.Core.Wire;

namespace Spoq.Conductor;

internal static class ConductorApp
{
    private const int MaxBodyBytes = 1024 * 1024;

    public static WebApplication Build(ConductorConfig config, IPEndPoint listen, DataDirectory data)
    {
        // Empty, so that neither the working directory nor ASPNETCORE_ variables have a say: the file alone decides.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = data.Root });
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        builder.Logging.AddFilter("System.Net.Http", LogLevel.Warning);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = 256;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(listen);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(4));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(config);
        builder.Services.AddSingleton(data);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(ControlPlaneClient(config));
        builder.Services.AddSingleton<ControlPlaneKeys>();
        builder.Services.AddSingleton<TokenGate>();
        builder.Services.AddSingleton<ResourceMeter>();
        builder.Services.AddSingleton<HomeReporter>();
        builder.Services.AddSingleton<IAgentModel, EchoModel>();
        builder.Services.AddSingleton<SessionStore>();
        builder.Services.AddSingleton<AskEndpoint>();
        builder.Services.AddSingleton<RunEndpoint>();
        builder.Services.AddSingleton<StatusEndpoints>();

        var app = builder.Build();
        app.Use(RequestEdge.Around(app.Logger));
        app.Use(app.Services.GetRequiredService<TokenGate>().Around);
        var status = app.Services.GetRequiredService<StatusEndpoints>();
        app.MapGet("/health", status.HealthAsync).WithMetadata(OpenToAll.Mark);
        app.MapGet("/api/status", status.StatusAsync);
        app.MapPost("/api/ask", app.Services.GetRequiredService<AskEndpoint>().HandleAsync);
        app.MapPost("/api/run", app.Services.GetRequiredService<RunEndpoint>().HandleAsync);
        return app;
    }

    public static RunFile Describe(WebApplication app)
    {
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var startedAt = app.Services.GetRequiredService<StatusEndpoints>().StartedAt;
        return new RunFile(Environment.ProcessId, new Uri(address).Port, startedAt, ConductorVersion.Current);
    }

    /// <summary>Reports home until told to stop, then lets open streams say goodbye.</summary>
    public static async Task ServeAsync(WebApplication app)
    {
        app.Logger.LogInformation("Conductor {Version} serves {Hostname} on port {Port}.",
            ConductorVersion.Current, app.Services.GetRequiredService<ConductorConfig>().Hostname, Describe(app).Port);
        var reporting = app.Services.GetRequiredService<HomeReporter>().RunAsync(app.Lifetime.ApplicationStopping);
        await app.WaitForShutdownAsync();
        await reporting;
    }

    private static HttpClient ControlPlaneClient(ConductorConfig config)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
            UseProxy = !config.ControlPlaneUrl.IsLoopback,
        };
        return new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = 64 * 1024 };
    }
}
