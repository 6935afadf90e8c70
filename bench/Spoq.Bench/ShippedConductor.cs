using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Spoq.Core.Wire;
using Spoq.Tests.Support;

namespace Spoq.Bench;

/// <summary>A Conductor as it ships, with a socket for local users and no control plane.</summary>
internal sealed class ShippedConductor : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("spoq-bench-").FullName;
    private readonly Process _process;

    private ShippedConductor(string program, ModelConfig? model)
    {
        var config = new ConductorConfig
        {
            InstanceId = Guid.NewGuid(),
            OwnerId = Guid.NewGuid(),
            Hostname = "bench.test",
            Issuer = "http://127.0.0.1:9",
            JwksUrl = new Uri("http://127.0.0.1:9/jwks"),
            ControlPlaneUrl = new Uri("http://127.0.0.1:9"),
            DataDirectory = Path.Combine(_folder, "data"),
            Mode = "local",
            Socket = Socket,
            Model = model,
        };
        var file = Path.Combine(_folder, "config.json");
        File.WriteAllText(file, JsonSerializer.Serialize(config, WireJson.Default.ConductorConfig));
        _process = Process.Start(new ProcessStartInfo(program, ["--config", file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Socket => Path.Combine(_folder, "api.sock");

    public string Workspace => Path.Combine(_folder, "data", "workspace");

    /// <summary>What it holds in memory now, in MB.</summary>
    public double ResidentMegabytes => MegabytesOf(_process.Id);

    public static double MegabytesOf(int process) =>
        double.Parse(File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) / 1024;

    /// <summary>Once it answers.</summary>
    public static async Task<ShippedConductor> StartAsync(string program, ModelConfig? model = null)
    {
        var conductor = new ShippedConductor(program, model);
        using var http = conductor.NewClient();
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    using var answer = await http.GetAsync(new Uri("/health", UriKind.Relative));
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            "the Conductor to answer");
        return conductor;
    }

    public HttpClient NewClient() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var line = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await line.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
            return new NetworkStream(line, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://localhost"),
    };

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
