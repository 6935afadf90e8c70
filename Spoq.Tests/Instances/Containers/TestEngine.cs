using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Spoq.Infrastructure.Instances.Providers.Container;
using Spoq.Infrastructure.Instances.Providers.Container.Engine;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Containers;

using Shell = Spoq.Tests.Instances.Kit.Shell;

/// <summary>
/// A real engine for the tests of one process: Podman with a storage of its own, which keeps images between runs and
/// nothing else. It ends, and everything that runs in it, when the process does, however that is.
/// </summary>
internal static class TestEngine
{
    /// <summary>Does nothing and ends when it is asked to: for tests of what an engine does around it.</summary>
    public const string IdleImage = "localhost/spoq-test-idle:latest";

    private static readonly string[] s_needed = ["podman", "runc", "conmon", "iptables"];
    private static readonly Lazy<Task<string>> s_socket = new(StartAsync);

    /// <summary>Why there is none here; null: there is one.</summary>
    public static string? Missing { get; } = Environment.UserName != "root"
        ? "Containers take root."
        : s_needed.FirstOrDefault(name => !Found(name)) is { } name ? $"{name} is not installed: run scripts/setup." : null;

    private static string Cache { get; } = Directory.CreateDirectory(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "spoq")).FullName;

    /// <summary>How the tests speak to it by its own command line, without its service.</summary>
    public static string Podman { get; } = $"podman --root '{Cache}/engine' --runroot /run/spoq-test-engine --runtime runc --cgroup-manager cgroupfs --log-level error";

    /// <summary>The socket of its Docker API.</summary>
    public static Task<string> SocketAsync() => s_socket.Value;

    public static async Task<ContainerOptions> OptionsAsync(string image) => new() { Socket = await SocketAsync(), Image = image, StopGraceSeconds = 5 };

    /// <summary>One of the images that ship, made by its own script; the first time takes some minutes and says so.</summary>
    public static async Task<string> ImageAsync(string kit)
    {
        await SocketAsync();
        var name = $"localhost/spoq-{kit}:latest";
        var script = Path.Combine(Repository.Root, "deploy", kit, "build-image");
        using var build = Process.Start(new ProcessStartInfo("bash", [script, name]) { Environment = { ["PODMAN"] = Podman.Replace("'", "", StringComparison.Ordinal), ["SPOQ_BASE_TAR"] = Path.Combine(Cache, "debian-base.tar") } })!;
        await build.WaitForExitAsync();
        return build.ExitCode == 0 ? name : throw new InvalidOperationException($"{script} failed.");
    }

    public static DockerEngine Line(ContainerOptions options) => new(Options.Create(options), NullLogger<DockerEngine>.Instance);

    public static ContainerProvider Provider(ContainerOptions options, Uri? controlPlane = null) => new(
        Line(options),
        new ContainerBlueprint(Options.Create(options), Options.Create(new SpoqOptions { BaseUrl = controlPlane ?? new Uri("http://localhost:5") })),
        new ClosedDoor(),
        Options.Create(options));

    /// <summary>What the tests left of ours.</summary>
    public static Task<string> EverythingAsync(string name) => Shell.CheckAsync($"""
        {Podman} ps -a --filter name={name} --format 'container {"{{.Names}}"}'
        {Podman} network ls --filter name={name} --format 'network {"{{.Name}}"}'
        {Podman} volume ls --filter name={name} --format 'volume {"{{.Name}}"}'
        """);

    private static async Task<string> StartAsync()
    {
        await RemoveAllAsync();
        await MakeIdleImageAsync();
        var folder = Directory.CreateTempSubdirectory("spoq-engine-").FullName;
        var socket = Path.Combine(folder, "engine.sock");
        var service = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec {Podman} system service --time=0 'unix://{socket}'"]) { RedirectStandardError = true })!;
        service.ErrorDataReceived += (_, _) => { };
        service.BeginErrorReadLine();
        Afterwards.Run($"cat >/dev/null; {Removal}; kill $ID; rm -rf '{folder}'", ("ID", $"{service.Id}"));
        await Eventually.TrueAsync(() => File.Exists(socket) || service.HasExited, "the engine's socket");
        return !service.HasExited ? socket : throw new InvalidOperationException("Podman's service did not start.");
    }

    private static string Removal => $$$"""
        {{{Podman}}} rm -af -t 0 >/dev/null 2>&1; {{{Podman}}} volume rm -af >/dev/null 2>&1; {{{Podman}}} network ls --format '{{.Name}}' | grep '^spoq-' | xargs -r {{{Podman}}} network rm -f >/dev/null 2>&1
        """.Trim();

    private static async Task RemoveAllAsync() => await Shell.RunAsync("sh", ["-c", Removal]);

    /// <summary>This machine's own shell with the libraries that it needs: a few megabytes, made in a moment.</summary>
    private static async Task MakeIdleImageAsync()
    {
        if ((await Shell.RunAsync("sh", ["-c", $"{Podman} image exists {IdleImage}"])).Code == 0)
        {
            return;
        }

        var script = new StringBuilder("""
            tree=$(mktemp -d) && trap 'rm -rf "$tree"' EXIT
            for program in /bin/dash /bin/sleep /bin/cat /bin/ls; do
              cp -L --parents "$program" $(ldd "$program" | grep -o '/[^ ]*') "$tree"
            done
            mkdir -p "$tree/home" "$tree/tmp" "$tree/etc"

            """);
        script.Append("tar -c -C \"$tree\" . | ").Append(Podman).Append(""" import --change 'ENTRYPOINT ["/bin/dash","-c","trap \"exit 0\" TERM; while :; do sleep 1 & wait; done"]' - """).Append(IdleImage);
        await Shell.CheckAsync(script.ToString());
    }

    private static bool Found(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':').Any(folder => File.Exists(Path.Combine(folder, name)));
}
