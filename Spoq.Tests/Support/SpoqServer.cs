using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Spoq.Tests.Support;

/// <summary>
/// The real <c>Spoq.Web</c> as a child process on a free loopback port, with a database and a data directory of its
/// own. It may be killed and started again; what it started is ended with it when the test is done.
/// </summary>
public sealed class SpoqServer : IAsyncDisposable
{
    private static readonly Lazy<Task<SpoqServer>> s_shared = new(() => NewAsync());

    private readonly ConcurrentQueue<string> _output = new();
    private readonly Dictionary<string, string> _settings = [];
    private readonly bool _ownsNeighbours;
    private Process? _process;
    private Process? _watch;

    private SpoqServer(string connectionString, string dataDirectory, bool ownsNeighbours)
    {
        ConnectionString = connectionString;
        DataDirectory = dataDirectory;
        _ownsNeighbours = ownsNeighbours;
        Port = Loopback.FreePort();
        _settings["ASPNETCORE_ENVIRONMENT"] = "Development";
        _settings["DOTNET_gcServer"] = "0";

        // It lives for seconds: what is gained by making its code better would be lost on the making.
        _settings["DOTNET_TieredPGO"] = "0";
        _settings["DOTNET_TC_CallCountThreshold"] = "200";
        _settings[StartupHook.Setting.Name] = StartupHook.Setting.Value;
        _settings["PORT"] = $"{Port}";
        _settings["ASPNETCORE_URLS"] = $"http://localhost:{Port}";
        _settings["ConnectionStrings__Spoq"] = connectionString;
        _settings["Spoq__DataDirectory"] = dataDirectory;
    }

    /// <summary>The assembly that runs, from the next start on; another one than what was built here, such as a published one.</summary>
    public string Program { get; set; } = Repository.Built("Spoq.Web", "Spoq.Web.dll");

    /// <summary>Hears each line that the process prints.</summary>
    public Action<string>? Printed { get; set; }

    public int Port { get; }

    public Uri BaseUrl => new($"http://localhost:{Port}");

    public string ConnectionString { get; }

    public string DataDirectory { get; }

    /// <summary>What the process printed, newest last.</summary>
    public string Output => string.Join('\n', _output);

    public int ProcessId => _process?.Id ?? throw new InvalidOperationException("The server does not run.");

    /// <summary>One server for all tests that only read pages and use accounts of their own.</summary>
    public static Task<SpoqServer> SharedAsync() => s_shared.Value;

    /// <param name="settings">Environment variables, such as <c>SshId__BaseUrl</c>.</param>
    public static async Task<SpoqServer> NewAsync(IReadOnlyDictionary<string, string>? settings = null)
    {
        var server = new SpoqServer(await TestCluster.CreateDatabaseAsync(), Directory.CreateTempSubdirectory("spoq-server-").FullName, ownsNeighbours: true);
        server.Set(settings);
        await server.StartAsync();
        return server;
    }

    /// <summary>A second process on the same database and data directory.</summary>
    public async Task<SpoqServer> NewSiblingAsync(IReadOnlyDictionary<string, string>? settings = null)
    {
        var sibling = new SpoqServer(ConnectionString, DataDirectory, ownsNeighbours: false);
        sibling.Set(settings);
        await sibling.StartAsync();
        return sibling;
    }

    public HttpClient NewClient(bool followRedirects = true) => new(new SocketsHttpHandler { AllowAutoRedirect = followRedirects, CookieContainer = new CookieContainer() })
    {
        BaseAddress = BaseUrl,
        Timeout = TimeSpan.FromSeconds(100),
    };

    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.Combine(Repository.Root, "Spoq.Web"),
        };
        foreach (var (name, value) in _settings)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _watch = Watch(_process.Id, _ownsNeighbours ? DataDirectory : null);
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var client = NewClient();
        await Eventually.TrueAsync(() => AnswersAsync(client), $"the server to answer; it printed:\n{Output}", TimeSpan.FromSeconds(120));
    }

    /// <summary><c>kill -9</c>: no goodbye of any kind.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        Unwatch();
    }

    /// <summary>SIGTERM, as an orderly deployment does.</summary>
    public async Task StopAsync()
    {
        if (_process is { HasExited: false })
        {
            using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await kill.WaitForExitAsync();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await _process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_process.HasExited)
            {
                await KillAsync();
            }
        }

        Unwatch();
    }

    /// <summary>The newest mail to this address that holds a six-digit code.</summary>
    public async Task<string> CodeFromMailAsync(string email)
    {
        using var client = NewClient();
        var code = "";
        await Eventually.TrueAsync(
            async () =>
            {
                var mails = await client.GetFromJsonAsync<JsonElement>("/dev/mail/messages");
                var text = mails.EnumerateArray().Where(mail => mail.GetProperty("to").GetString() == email).Select(mail => mail.GetProperty("text").GetString()!).FirstOrDefault();
                code = System.Text.RegularExpressions.Regex.Match(text ?? "", @"\b\d{6}\b").Value;
                return code.Length == 6;
            },
            $"a mail with a code to {email}");
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _process?.Dispose();
        if (_ownsNeighbours)
        {
            EndWhatItStarted();
            await TestCluster.DropAsync(ConnectionString);
            Directory.Delete(DataDirectory, recursive: true);
        }
    }

    /// <summary>Processes whose command line names our data directory: Conductors that the server started.</summary>
    public IReadOnlyList<int> ProcessesOfDataDirectory()
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && id != Environment.ProcessId && CommandLine(folder).Contains(DataDirectory, StringComparison.Ordinal))
            {
                found.Add(id);
            }
        }

        return found;
    }

    /// <summary>Where nobody disposes of the server, it ends with this process, and what it started and kept goes too.</summary>
    private static Process Watch(int id, string? folder) => Afterwards.Run(
        """cat >/dev/null; kill -KILL "$ID" 2>/dev/null; [ -z "$FOLDER" ] || { pkill -KILL -f "$FOLDER"; rm -rf "$FOLDER"; }""",
        ("ID", $"{id}"),
        ("FOLDER", folder ?? ""));

    private void Unwatch()
    {
        if (_watch is { HasExited: false })
        {
            _watch.Kill();
            _watch.WaitForExit();
        }

        _watch?.Dispose();
        _watch = null;
    }

    private void EndWhatItStarted()
    {
        foreach (var id in ProcessesOfDataDirectory())
        {
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill(entireProcessTree: true);
                process.WaitForExit(30_000);
            }
            catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
            {
                // It ended by itself.
            }
        }
    }

    private static string CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private async Task<bool> AnswersAsync(HttpClient client)
    {
        if (_process!.HasExited)
        {
            throw new InvalidOperationException($"The server ended with exit code {_process.ExitCode}:\n{Output}");
        }

        try
        {
            using var answer = await client.GetAsync(new Uri("/health", UriKind.Relative));
            return (int)answer.StatusCode < 500;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Environment variables from the next start on.</summary>
    public void Set(IReadOnlyDictionary<string, string>? settings)
    {
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
        {
            _settings[name] = value;
        }
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _output.Enqueue(line);
            Printed?.Invoke(line);
            while (_output.Count > 2000)
            {
                _output.TryDequeue(out _);
            }
        }
    }
}
