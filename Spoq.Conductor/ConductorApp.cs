using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Spoq.Conductor.Access;
using Spoq.Conductor.Ask;
using Spoq.Conductor.Ask.OpenAi;
using Spoq.Conductor.Desired;
using Spoq.Conductor.Files;
using Spoq.Conductor.Reports;
using Spoq.Conductor.Run;
using Spoq.Conductor.Sessions;
using Spoq.Conductor.Sync;
using Spoq.Conductor.Tools;
using Spoq.Core.Wire;

namespace Spoq.Conductor;

internal static class ConductorApp
{
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
            kestrel.Limits.MaxRequestBodySize = RequestBody.MaxBytes;
            kestrel.Limits.MaxConcurrentConnections = 256;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Listen(listen);
            if (config.Socket is { } socket)
            {
                kestrel.ListenLocally(socket, kestrel.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(LocalUsers)));
            }
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(4));
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(config);
        builder.Services.AddSingleton(data);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(ControlPlaneClient(config));
        builder.Services.AddSingleton<ControlPlaneKeys>();
        builder.Services.AddSingleton<TokenGate>();
        builder.Services.AddSingleton<OriginGate>();
        builder.Services.AddSingleton<RateGate>();
        builder.Services.AddSingleton<ResourceMeter>();
        builder.Services.AddSingleton<HomeLine>();
        builder.Services.AddSingleton<Heartbeats>();
        builder.Services.AddSingleton<HomeReporter>();
        builder.Services.AddSingleton<StateHolder>();
        builder.Services.AddSingleton<StatePuller>();
        builder.Services.AddSingleton<DeviceSightings>();
        builder.Services.AddSingleton<HomeNews>();
        AddAgent(builder.Services, config);
        builder.Services.AddSingleton<StatusEndpoints>();

        var app = builder.Build();
        app.Use(RequestEdge.Around(app.Logger));
        app.Use(app.Services.GetRequiredService<OriginGate>().Around);
        app.Use(app.Services.GetRequiredService<TokenGate>().Around);
        var status = app.Services.GetRequiredService<StatusEndpoints>();
        app.MapGet("/health", status.HealthAsync).WithMetadata(OpenToAll.Mark);
        app.MapGet("/api/status", status.StatusAsync);
        app.MapPost("/api/poke", app.Services.GetRequiredService<StatePuller>().TakePokeAsync).WithMetadata(ForPokes.Mark);
        app.MapPost("/api/ask", app.Services.GetRequiredService<AskEndpoint>().HandleAsync);
        app.MapPost("/api/ask/approvals", app.Services.GetRequiredService<Approvals>().DecideAsync);
        app.MapPost("/api/run", app.Services.GetRequiredService<RunEndpoint>().HandleAsync);
        var sessions = app.Services.GetRequiredService<SessionEndpoints>();
        app.MapGet("/api/sessions", sessions.ListAsync);
        app.MapGet("/api/sessions/{id}", sessions.GetAsync);
        app.MapDelete("/api/sessions/{id}", sessions.DeleteAsync);
        var files = app.Services.GetRequiredService<FileEndpoints>();
        app.MapGet("/api/files/{**path}", files.GetAsync);
        app.MapDelete("/api/files/{**path}", files.DeleteAsync);
        var sync = app.Services.GetRequiredService<SyncEndpoints>();
        app.MapPost("/api/sync", sync.SyncAsync);
        app.MapPut("/api/sync/blobs", sync.TakeBlobsAsync);
        app.MapPost("/api/sync/fetch", sync.FetchAsync);
        return app;
    }

    private static void AddAgent(IServiceCollection services, ConductorConfig config)
    {
        if (config.Model is { } model)
        {
            services.AddSingleton<IAgentModel>(provider => new OpenAiModel(model, config, provider.GetRequiredService<TimeProvider>()));
        }
        else
        {
            services.AddSingleton<IAgentModel, DesiredAgentModel>();
        }

        services.AddSingleton<Workspace>();
        services.AddSingleton<ForkWatch>();
        services.AddSingleton<CommandGuard>();
        services.AddSingleton<Toolbox>();
        services.AddSingleton<Approvals>();
        services.AddSingleton<AgentLoop>();
        services.AddSingleton<AskFiles>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<SessionEndpoints>();
        services.AddSingleton<FileEndpoints>();
        services.AddSingleton<FolderManifest>();
        services.AddSingleton<BlobStore>();
        services.AddSingleton<SyncEndpoints>();
        services.AddSingleton<AskEndpoint>();
        services.AddSingleton<RunEndpoint>();
    }

    public static RunFile Describe(WebApplication app)
    {
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(address => !address.Contains("unix:", StringComparison.Ordinal));
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

    public static HttpClient ControlPlaneClient(ConductorConfig config)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
            UseProxy = !config.ControlPlaneUrl.IsLoopback,
        };
        return new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = 1024 * 1024 };
    }
}
