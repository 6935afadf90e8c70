using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Spoq.Infrastructure;
using Spoq.Infrastructure.Ops;

namespace Spoq.Tests.Instances.Providers;

/// <summary>
/// A node as a process of its own, with all its workers: what a production's has, with emulators where the vendors are. It may be
/// killed at any instant and started again.
/// </summary>
internal sealed class VendorNode : IAsyncDisposable
{
    public const string Name = "vendor-node";
    private const string Up = "This node is up.";

    private readonly IReadOnlyDictionary<string, string?> _settings;
    private readonly List<string> _printed = [];
    private Process? _process;
    private TaskCompletionSource _up = null!;

    private VendorNode(IReadOnlyDictionary<string, string?> settings) => _settings = settings;

    /// <summary>Done once its workers run.</summary>
    public Task IsUp => _up.Task;

    /// <summary>What it printed besides, since it was made.</summary>
    public string Printed
    {
        get
        {
            lock (_printed)
            {
                return string.Join('\n', _printed.TakeLast(40));
            }
        }
    }

    public static VendorNode Start(IReadOnlyDictionary<string, string?> settings)
    {
        var node = new VendorNode(settings);
        node.Start();
        return node;
    }

    public void Start()
    {
        _up = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(VendorNode).Assembly.Location, Name]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in _settings)
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var up = _up;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data, up);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data, up);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary><c>kill -9</c>: no goodbye of any kind.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
            _process = null;
        }
    }

    public async ValueTask DisposeAsync() => await KillAsync();

    /// <summary>What the process does until it is killed, or whoever started it is gone.</summary>
    public static async Task<int> RunAsync()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = "Development", DisableDefaults = true });
        builder.Configuration.AddEnvironmentVariables();
        builder.Services.AddSingleton<TimeProvider>(QuickClock.Read(builder.Configuration["VendorNode:Clock"]!));
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Error).AddConsole());
        builder.AddDevelopmentDefaults();
        builder.Services.AddSpoq(builder.Configuration, builder.Environment);
        Relocated.Wrap(builder.Services, () => builder.Configuration["VendorNode:Conductor"]!);
        using var host = builder.Build();
        await host.StartAsync();
        Console.WriteLine(Up);
        var parent = int.Parse(builder.Configuration["VendorNode:Parent"]!, CultureInfo.InvariantCulture);
        using var looks = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (Directory.Exists($"/proc/{parent}"))
        {
            await looks.WaitForNextTickAsync();
        }

        return 0;
    }

    private void Keep(string? line, TaskCompletionSource up)
    {
        if (line == Up)
        {
            up.TrySetResult();
        }
        else if (line is not null)
        {
            lock (_printed)
            {
                _printed.Add(line);
            }
        }
    }
}

/// <summary>Time that passes so many times as fast, the same in every process: minutes that vendors take must not be minutes of a test.</summary>
internal sealed class QuickClock(DateTimeOffset from, int times) : TimeProvider
{
    public static QuickClock Read(string text)
    {
        var parts = text.Split(' ');
        return new QuickClock(DateTimeOffset.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    public override DateTimeOffset GetUtcNow() => from + ((System.GetUtcNow() - from) * times);

    public override string ToString() => $"{from:O} {times}";
}
