using Microsoft.Extensions.Options;
using Spoq.Infrastructure.Instances.Providers.Container.Engine;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Providers.Container;

/// <summary>How a computer is built as a container: what it may use and what it may not do.</summary>
internal sealed class ContainerBlueprint(IOptions<ContainerOptions> options, IOptions<SpoqOptions> spoq)
{
    public const string Ssh = "22/tcp";
    public const string Web = "8080/tcp";
    private const long Gigabyte = 1L << 30;

    /// <summary>
    /// What the first process needs to make users, to start services as them and to end these; and what sshd needs to let
    /// somebody in (a change of root, its audit line, a port below 1024). Raw packets, device files and file capabilities are not among them.
    /// </summary>
    private static readonly string[] s_capabilities = ["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID", "SYS_CHROOT"];

    public ContainerSpec Of(ContainerMark mark) => new()
    {
        Image = options.Value.Image,
        Hostname = mark.Hostname.Split('.')[0],
        Env =
        [
            $"SPOQ_URL={spoq.Value.BaseUrl.GetLeftPart(UriPartial.Authority)}",
            $"SPOQ_INSTANCE={mark.InstanceId}",
            $"SPOQ_TOKEN={mark.ProvisioningToken}",
        ],
        Labels = mark.Short(),
        ExposedPorts = new Dictionary<string, NoValue> { [Ssh] = new(), [Web] = new() },
        StopTimeout = options.Value.StopGraceSeconds,
        HostConfig = new HostSpec
        {
            // Everything that outlives the container; the rest comes from the image each time.
            Mounts = [new MountSpec("volume", mark.Name, "/home")],
            NetworkMode = mark.Name,
            PortBindings = new Dictionary<string, IReadOnlyList<PortBinding>> { [Ssh] = s_loopback, [Web] = s_loopback },
            RestartPolicy = new RestartPolicy("unless-stopped"),
            NanoCpus = mark.Size.Cpus * 1_000_000_000L,
            Memory = mark.Size.MemoryGb * Gigabyte,
            MemorySwap = mark.Size.MemoryGb * Gigabyte,
            PidsLimit = options.Value.MaxProcesses,
            CapDrop = ["ALL"],
            CapAdd = s_capabilities,

            // Neighbours share a kernel: nobody becomes root here, whatever is set-uid in the image.
            SecurityOpt = ["no-new-privileges"],

            // Said, because engines ask for more than some hosts may give. Processes are counted for a user id over the whole
            // machine, so that limit is no container's own and is wide; PidsLimit is what holds.
            Ulimits = [new Ulimit("nofile", options.Value.MaxOpenFiles, options.Value.MaxOpenFiles), new Ulimit("nproc", options.Value.MaxProcesses * 32L, options.Value.MaxProcesses * 32L)],
        },
    };

    private static readonly PortBinding[] s_loopback = [new PortBinding("127.0.0.1", "0")];

    /// <summary>A network of its own, and no way from it into a neighbour's.</summary>
    public static NetworkSpec NetworkOf(ContainerMark mark, bool isPodman) => new(
        mark.Name, "bridge", CheckDuplicate: true, mark.Short(),
        isPodman ? new Dictionary<string, string> { ["isolate"] = "true" } : new Dictionary<string, string>());
}
