namespace Spoq.Infrastructure.Instances.Providers.Container;

/// <summary>Section <c>Container</c>: computers as containers of this machine's engine. Nothing of it is on without <see cref="Socket"/>.</summary>
public sealed class ContainerOptions
{
    public const string Section = "Container";

    /// <summary>The engine's Unix socket, such as <c>/run/docker.sock</c>; who may write to it is root on that machine.</summary>
    public string Socket { get; set; } = "";

    /// <summary>A full name, or an image id: engines complete short names each in their own way.</summary>
    public string Image { get; set; } = "localhost/spoq-instance:latest";

    public int MaxInstances { get; set; } = 50;

    public string Region { get; set; } = "container";

    public string RegionName { get; set; } = "Our own machines";

    /// <summary>What addresses of computers point at: where the gateway answers.</summary>
    public string PublicAddress { get; set; } = "127.0.0.1";

    /// <summary>Where this control plane reaches a computer; <c>{hostname}</c> stands for its name. Unset: the loopback port that its engine gave it.</summary>
    public string? Endpoint { get; set; }

    /// <summary>Tasks of one computer at once. A command that forks without end meets this, not its neighbours.</summary>
    public int MaxProcesses { get; set; } = 1024;

    /// <summary>Of one process; not above the hard limit of the engine itself, which cannot give more than it has.</summary>
    public int MaxOpenFiles { get; set; } = 16384;

    /// <summary>Seconds between asking a computer to stop and ending it.</summary>
    public int StopGraceSeconds { get; set; } = 10;

    /// <summary>The folder that the gateway shares with us (<c>deploy/gateway</c>). Unset: there is none, and no SSH.</summary>
    public string? GatewayDirectory { get; set; }

    /// <summary>Where the gateway's SSH answers.</summary>
    public int SshPort { get; set; } = 22;

    /// <summary>Where its web server listens, in Caddy's words.</summary>
    public string WebListen { get; set; } = ":443";

    /// <summary><c>acme</c>: of a public authority; <c>internal</c>: Caddy's own, which browsers do not know; <c>none</c>: plain HTTP, TLS ends before it.</summary>
    public string Certificates { get; set; } = "acme";

    /// <summary>What the gateway shows when it asks about keys; it may ask nothing else.</summary>
    public string? GatewayKey { get; set; }

    public bool IsOn => Socket.Length > 0;

    public string SocketPath => Socket.StartsWith("unix://", StringComparison.Ordinal) ? Socket["unix://".Length..] : Socket;
}
