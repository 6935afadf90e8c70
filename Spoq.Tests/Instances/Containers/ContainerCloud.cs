using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Devices;
using Spoq.Infrastructure.Instances.Providers.Container;
using Spoq.Tests.Instances.Provisioning;
using Spoq.Tests.Releases;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Containers;

using Said = Spoq.Tests.Instances.Kit.Said;
using Shell = Spoq.Tests.Instances.Kit.Shell;

/// <summary>
/// The container cloud whole: a control plane in a process of its own, an engine, the gateway, and images made by the
/// scripts that ship. The control plane answers at an address that containers reach.
/// </summary>
public sealed class ContainerCloud : IAsyncLifetime
{
    public const string OperatorKey = "operator-key-of-the-tests-0123456789";
    private const string GatewayKey = "gateway-key-of-the-tests-0123456789";
    private const string Address = "198.18.77.1";
    private const string Gateway = "spoq-test-gateway";

    private readonly string _folder = Directory.CreateTempSubdirectory("spoq-gateway-").FullName;
    private Process? _relay;

    public SpoqServer Server { get; private set; } = null!;

    internal NodeBeside Node { get; private set; } = null!;

    public int SshPort { get; } = Loopback.FreePort();

    public int WebPort { get; } = Loopback.FreePort();

    public string Names => File.ReadAllText(Path.Combine(_folder, "names", "passwd"));

    public async Task InitializeAsync()
    {
        if (TestEngine.Missing is not null)
        {
            return;
        }

        var options = await TestEngine.OptionsAsync(await TestEngine.ImageAsync("instance"));
        var port = Loopback.FreePort();
        await Shell.CheckAsync($"ip addr add {Address}/32 dev lo 2>/dev/null || true");
        await StartGatewayAsync(await TestEngine.ImageAsync("gateway"), port);
        Server = await SpoqServer.NewAsync(new Dictionary<string, string>
        {
            ["Releases__Directory"] = await Published.FolderAsync(),
            ["Spoq__BaseUrl"] = $"http://{Address}:{port}",
            ["Spoq__OperatorKey"] = OperatorKey,
            ["Container__Socket"] = options.Socket,
            ["Container__Image"] = options.Image,
            ["Container__GatewayDirectory"] = _folder,
            ["Container__GatewayKey"] = GatewayKey,
            ["Container__SshPort"] = $"{SshPort}",
            ["Container__WebListen"] = $"127.0.0.1:{WebPort}",
            ["Container__Certificates"] = "internal",
        });
        _relay = Process.Start("socat", [$"TCP-LISTEN:{port},bind={Address},fork,reuseaddr", $"TCP:127.0.0.1:{Server.Port}"]);
        Afterwards.Run($"cat >/dev/null; kill $ID; ip addr del {Address}/32 dev lo", ("ID", $"{_relay.Id}"));
        Node = new NodeBeside(Server);
    }

    public async Task DisposeAsync()
    {
        if (TestEngine.Missing is not null)
        {
            return;
        }

        await Node.DisposeAsync();
        await Server.DisposeAsync();
        _relay?.Kill(entireProcessTree: true);
        _relay?.Dispose();
        var provider = TestEngine.Provider(await TestEngine.OptionsAsync("none"));
        foreach (var left in await provider.ListAsync(CancellationToken.None))
        {
            await provider.EndAsync(left.Reference, CancellationToken.None);
        }

        await Shell.CheckAsync($"{TestEngine.Podman} rm -f -t 3 {Gateway} && ip addr del {Address}/32 dev lo");
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Somebody with a profile, a device and a container that is bought as the wizard buys it; returned when it is ready.</summary>
    internal async Task<Tenant> BuyAsync(string username)
    {
        var account = await Node.AddAccountAsync();
        var made = await Node.Services.GetRequiredService<ProfileService>().SetFirstProfileAsync(account, username, CancellationToken.None);
        Assert.True(made.Try(out var profile, out var refusal), refusal?.Message);
        var key = Path.Combine(_folder, $"key-{username}");
        await NewKeyAsync(key);
        var added = await Node.Services.GetRequiredService<DeviceService>().AddKeyAsync(account, profile!.Id, await File.ReadAllTextAsync(key + ".pub"), "laptop", CancellationToken.None);
        Assert.True(added.Try(out var device, out refusal), refusal?.Message);
        var id = await Purchase.BuyAsync(Node.Services, account, ContainerProvider.Key);
        await using var db = Node.NewContext();
        await db.Database.ExecuteSqlAsync($"update instances set username = {username} where id = {id}");
        var instance = await Node.UntilAsync(id, row => row.State is InstanceState.Running or InstanceState.Failed, "a running container");
        return instance.State == InstanceState.Running ? new Tenant(account, device!.Id, instance, username, key) : throw new InvalidOperationException(instance.ErrorMessage);
    }

    internal static Task NewKeyAsync(string path) => Shell.CheckAsync($"ssh-keygen -q -t ed25519 -N '' -f '{path}'");

    internal string PathOf(string file) => Path.Combine(_folder, file);

    /// <summary>OpenSSH's client through the gateway, which must show the key that it showed before.</summary>
    internal async Task<Said> SshAsync(string key, string name, string command, params string[] options)
    {
        var known = Path.Combine(_folder, "known_hosts");
        await File.WriteAllTextAsync(known, $"[127.0.0.1]:{SshPort} {await File.ReadAllTextAsync(Path.Combine(_folder, "ssh_host_ecdsa_key.pub"))}");
        return await Shell.RunAsync("ssh", [.. Options(key, known), "-p", $"{SshPort}", .. options, $"{name}@127.0.0.1", command]);
    }

    internal Task<Said> CopyAsync(string key, string from, string to) =>
        Shell.RunAsync("scp", [.. Options(key, Path.Combine(_folder, "known_hosts")), "-P", $"{SshPort}", from, to]);

    /// <summary>A program inside a container, as root: as its engine sees it, not its visitors.</summary>
    internal static Task<Said> InsideAsync(Tenant tenant, string script, string user = "root") =>
        Shell.RunAsync("sh", ["-c", $"exec {TestEngine.Podman} exec --user {user} {tenant.Name} bash -c \"$SCRIPT\""], ("SCRIPT", script));

    internal async Task<HttpResponseMessage> CallAsync(HttpMethod method, string path, string? key, string? body = null)
    {
        using var client = Server.NewClient();
        using var request = new HttpRequestMessage(method, $"/internal/containers/{path}") { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return await client.SendAsync(request);
    }

    internal Task<Said> WebAsync(Tenant tenant) =>
        Shell.RunAsync("curl", ["-sk", "--max-time", "10", "-w", "%{http_code}", "--resolve", $"{tenant.Instance.Hostname}:{WebPort}:127.0.0.1", $"https://{tenant.Instance.Hostname}:{WebPort}/health"]);

    private static string[] Options(string key, string known) =>
    [
        "-F", "none", "-i", key, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", $"UserKnownHostsFile={known}", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=15",
    ];

    private async Task StartGatewayAsync(string image, int port)
    {
        await Shell.CheckAsync($"""
            chmod 0755 '{_folder}'
            {TestEngine.Podman} run -d --name {Gateway} --network host --ulimit nofile=4096:4096 --ulimit nproc=8192:8192 -v '{_folder}:/var/lib/spoq-gateway' \
              -e SPOQ_URL=http://{Address}:{port} -e SPOQ_GATEWAY_KEY={GatewayKey} -e SPOQ_SSH_PORT={SshPort} -e SPOQ_SSH_ADDRESS=127.0.0.1 {image}
            """);
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(_folder, "caddy.sock")), "the gateway's web server");
    }
}

/// <param name="Key">The file of the device's private key.</param>
internal sealed record Tenant(Guid AccountId, Guid DeviceId, Instance Instance, string Username, string Key)
{
    public string Name => ContainerMark.NameOf(Instance.Id);
}
