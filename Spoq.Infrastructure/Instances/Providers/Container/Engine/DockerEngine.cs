using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Spoq.Infrastructure.Instances.Providers.Container.Engine;

/// <summary>
/// The Docker Engine API, of Docker or of Podman. Podman answers 500 where Docker answers 409 to a name that is taken, so
/// nobody here reads the reason of a refusal: who is refused looks whether what they wanted is there.
/// </summary>
internal sealed class DockerEngine(IOptions<ContainerOptions> options, ILogger<DockerEngine> log) : IDisposable
{
    private readonly EngineLine _line = new(options.Value.SocketPath, log);
    private bool? _isPodman;

    public void Dispose() => _line.Dispose();

    /// <summary>The two differ in how networks are kept apart.</summary>
    public async Task<bool> IsPodmanAsync(CancellationToken cancellationToken) =>
        _isPodman ??= (await _line.FindAsync("/version", EngineJson.Default.EngineVersion, cancellationToken))?.Components?.Any(part => part.Name == "Podman Engine") == true;

    public async Task<IReadOnlyList<ListedContainer>> ListContainersAsync(string label, CancellationToken cancellationToken) =>
        await _line.FindAsync($"/containers/json?all=true&filters={Filter(label)}", EngineJson.Default.ListedContainerArray, cancellationToken) ?? [];

    public Task<ContainerFacts?> FindContainerAsync(string name, CancellationToken cancellationToken) =>
        _line.FindAsync($"/containers/{name}/json", EngineJson.Default.ContainerFacts, cancellationToken);

    /// <summary>Of two at once one is refused.</summary>
    public Task CreateContainerAsync(string name, ContainerSpec spec, CancellationToken cancellationToken) =>
        _line.PostAsync($"/containers/create?name={name}", spec, EngineJson.Default.ContainerSpec, EngineJson.Default.Made, cancellationToken);

    /// <summary>304: it runs already.</summary>
    public Task StartContainerAsync(string name, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, $"/containers/{name}/start", [HttpStatusCode.NoContent, HttpStatusCode.NotModified], cancellationToken);

    /// <summary>Returns when it is off. 304: it was; 404: it is gone.</summary>
    public Task StopContainerAsync(string name, int graceSeconds, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, $"/containers/{name}/stop?t={graceSeconds}", [HttpStatusCode.NoContent, HttpStatusCode.NotModified, HttpStatusCode.NotFound], cancellationToken);

    public Task RemoveContainerAsync(string name, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/containers/{name}?force=true&v=false", s_removed, cancellationToken);

    /// <summary>A second's worth of how a container fares; null: it is gone or off.</summary>
    public Task<StatsFacts?> StatsAsync(string name, CancellationToken cancellationToken) =>
        _line.FindAsync($"/containers/{name}/stats?stream=false", EngineJson.Default.StatsFacts, cancellationToken);

    public Task<NetworkFacts?> FindNetworkAsync(string name, CancellationToken cancellationToken) =>
        _line.FindAsync($"/networks/{name}", EngineJson.Default.NetworkFacts, cancellationToken);

    public async Task<IReadOnlyList<NetworkFacts>> ListNetworksAsync(string label, CancellationToken cancellationToken) =>
        await _line.FindAsync($"/networks?filters={Filter(label)}", EngineJson.Default.NetworkFactsArray, cancellationToken) ?? [];

    public Task CreateNetworkAsync(NetworkSpec spec, CancellationToken cancellationToken) =>
        _line.PostAsync("/networks/create", spec, EngineJson.Default.NetworkSpec, EngineJson.Default.Made, cancellationToken);

    public Task RemoveNetworkAsync(string name, CancellationToken cancellationToken) => DoAsync(HttpMethod.Delete, $"/networks/{name}", s_removed, cancellationToken);

    public async Task<IReadOnlyList<VolumeFacts>> ListVolumesAsync(string label, CancellationToken cancellationToken) =>
        (await _line.FindAsync($"/volumes?filters={Filter(label)}", EngineJson.Default.VolumeList, cancellationToken))?.Volumes ?? [];

    public Task<VolumeFacts?> FindVolumeAsync(string name, CancellationToken cancellationToken) =>
        _line.FindAsync($"/volumes/{name}", EngineJson.Default.VolumeFacts, cancellationToken);

    public Task CreateVolumeAsync(VolumeSpec spec, CancellationToken cancellationToken) =>
        _line.PostAsync("/volumes/create", spec, EngineJson.Default.VolumeSpec, EngineJson.Default.VolumeFacts, cancellationToken);

    public Task RemoveVolumeAsync(string name, CancellationToken cancellationToken) => DoAsync(HttpMethod.Delete, $"/volumes/{name}", s_removed, cancellationToken);

    public Task<ImageFacts?> FindImageAsync(string name, CancellationToken cancellationToken) =>
        _line.FindAsync($"/images/{name}/json", EngineJson.Default.ImageFacts, cancellationToken);

    /// <summary>Runs a program in a running container, as root, to its end.</summary>
    public async Task<ExecAnswer> ExecAsync(string name, IReadOnlyList<string> command, IReadOnlyList<string> environment, CancellationToken cancellationToken)
    {
        var made = await _line.PostAsync($"/containers/{name}/exec", new ExecSpec(command, environment), EngineJson.Default.ExecSpec, EngineJson.Default.Made, cancellationToken);
        using var answer = await _line.SendAsync(HttpMethod.Post, $"/exec/{made!.Id}/start", EngineLine.Json(new ExecStart(false, false), EngineJson.Default.ExecStart), [HttpStatusCode.OK], cancellationToken);
        var output = Unframe(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        var ended = await _line.FindAsync($"/exec/{made.Id}/json", EngineJson.Default.ExecFacts, cancellationToken);
        return new ExecAnswer(ended?.ExitCode ?? -1, output);
    }

    private static readonly HttpStatusCode[] s_removed = [HttpStatusCode.NoContent, HttpStatusCode.OK, HttpStatusCode.NotFound];

    private async Task DoAsync(HttpMethod method, string path, IReadOnlyList<HttpStatusCode> accepted, CancellationToken cancellationToken)
    {
        using var answer = await _line.SendAsync(method, path, null, accepted, cancellationToken);
    }

    private static string Filter(string label) =>
        Uri.EscapeDataString(JsonSerializer.Serialize(new Dictionary<string, string[]> { ["label"] = [label] }, EngineJson.Default.Filters));

    /// <summary>One byte stream, three of zero, four of length, then so many of text.</summary>
    private static string Unframe(ReadOnlySpan<byte> framed)
    {
        var text = new StringBuilder();
        while (framed.Length >= 8)
        {
            var length = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(framed[4..8]), framed.Length - 8);
            text.Append(Encoding.UTF8.GetString(framed.Slice(8, length)));
            framed = framed[(8 + length)..];
        }

        return text.ToString();
    }
}

/// <param name="Output">What it wrote, errors among it.</param>
internal sealed record ExecAnswer(int ExitCode, string Output);
