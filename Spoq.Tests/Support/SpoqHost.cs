using System.Diagnostics;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Spoq.Tests.Support;

/// <summary>
/// The real program on real Kestrel inside the test's own process, so that a test can read its route table and count
/// its SQL. Who only needs answers takes <see cref="SpoqServer"/>.
/// </summary>
public class SpoqHost : IAsyncLifetime
{
    private readonly string _dataDirectory = Directory.CreateTempSubdirectory("spoq-host-").FullName;
    private Task _run = Task.CompletedTask;
    private IHost _host = null!;
    private string _connectionString = "";

    public Uri BaseUrl { get; private set; } = null!;

    public IServiceProvider Services => _host.Services;

    /// <summary>More settings, as <c>--Section:Name=value</c>.</summary>
    protected virtual IEnumerable<string> Arguments => [];

    /// <summary>Changes what the program registered.</summary>
    protected virtual void Configure(IServiceCollection services)
    {
    }

    public IReadOnlyList<RouteEndpoint> Endpoints => [.. Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Distinct()];

    public async Task InitializeAsync()
    {
        _connectionString = await TestCluster.CreateDatabaseAsync();
        BaseUrl = new Uri($"http://localhost:{Loopback.FreePort()}");
        string[] arguments =
        [
            "--environment=Development", "--applicationName=Spoq.Web", $"--contentRoot={Path.Combine(Repository.Root, "Spoq.Web")}",
            $"--urls={BaseUrl}", $"--Spoq:BaseUrl={BaseUrl}", $"--ConnectionStrings:Spoq={_connectionString}", $"--Spoq:DataDirectory={_dataDirectory}",
            $"--Local:ConductorPath={Repository.Built("Spoq.Web", "conductor/Spoq.Conductor.dll")}", "--Local:StopOnExit=true",
            "--Logging:LogLevel:Default=Warning", "--Limits:AnonymousPerMinute=1000000", "--Limits:AccountPerMinute=1000000", "--Limits:KeyPerMinute=1000000",
            .. Arguments,
        ];
        var built = new TaskCompletionSource<IHost>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watching = DiagnosticListener.AllListeners.Subscribe(new HostWatch(built, Configure));
        _run = Task.Factory.StartNew(
            async () =>
            {
                // The program's own Main: the watch is told of the host that this flow of control builds, and of no other.
                HostWatch.Waiting.Value = built;
                var done = (Task<int>)typeof(Spoq.Web.Shell.PageQuery).Assembly.GetType("Program")!.GetMethod("<Main>$", System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)!.Invoke(null, [arguments])!;
                await done;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap();
        if (await Task.WhenAny(built.Task, _run) == _run)
        {
            await _run;
            throw new InvalidOperationException("The program ended before it was up.");
        }

        _host = await built.Task;
        var started = new TaskCompletionSource();
        Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(started.SetResult);
        await Task.WhenAny(started.Task, _run).WaitAsync(TimeSpan.FromSeconds(120));
    }

    public async Task DisposeAsync()
    {
        Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await _run.WaitAsync(TimeSpan.FromSeconds(90));
        await TestCluster.DropAsync(_connectionString);
        Directory.Delete(_dataDirectory, recursive: true);
    }

    /// <summary>The event that also the framework's own test host waits for.</summary>
    private sealed class HostWatch(TaskCompletionSource<IHost> built, Action<IServiceCollection> configure) : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public static readonly AsyncLocal<TaskCompletionSource<IHost>?> Waiting = new();

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting")
            {
                value.Subscribe(this);
            }
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            switch (value)
            {
                case { Key: "HostBuilding", Value: IHostBuilder builder } when ReferenceEquals(Waiting.Value, built):
                    builder.ConfigureServices((_, services) =>
                    {
                        services.Configure<PasswordHasherOptions>(options => options.IterationCount = StartupHook.Iterations);
                        configure(services);
                    });
                    break;
                case { Key: "HostBuilt", Value: IHost host } when ReferenceEquals(Waiting.Value, built):
                    built.TrySetResult(host);
                    break;
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
