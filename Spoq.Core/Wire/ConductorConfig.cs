namespace Spoq.Core.Wire;

/// <summary>The file a Conductor is started with: <c>Spoq.Conductor --config FILE</c>.</summary>
public sealed record ConductorConfig
{
    public required Guid InstanceId { get; init; }

    /// <summary>The account that owns the instance: the <c>sub</c> of its tokens.</summary>
    public required Guid OwnerId { get; init; }

    /// <summary>The audience that tokens must name, such as <c>alice.spoq.dev</c>.</summary>
    public required string Hostname { get; init; }

    /// <summary>The <c>iss</c> that tokens must name, letter for letter.</summary>
    public required string Issuer { get; init; }

    public required Uri JwksUrl { get; init; }

    public required Uri ControlPlaneUrl { get; init; }

    /// <summary>Proves once that this is the machine that was ordered; null where nobody waits for the call home.</summary>
    public string? ProvisioningToken { get; init; }

    public required string DataDirectory { get; init; }

    /// <summary>Address and port; port 0 takes a free one and <see cref="RunFile"/> says which.</summary>
    public string Listen { get; init; } = "127.0.0.1:0";

    /// <summary><c>cloud</c> or <c>local</c>; null: <c>SPOQ_DEPLOYMENT_MODE</c>, else <c>cloud</c>.</summary>
    public string? Mode { get; init; }

    /// <summary>Who answers questions; null: <c>spoq-echo</c>, which says them back.</summary>
    public ModelConfig? Model { get; init; }

    /// <summary>A Unix socket for this machine's own users: its folder's and its own permissions (0660) say who, and no token is asked for. Null: none.</summary>
    public string? Socket { get; init; }

    /// <summary>Whose pages may call from a browser, such as <c>https://spoq.dev</c>; null: those of <see cref="ControlPlaneUrl"/>.</summary>
    public IReadOnlyList<string>? CorsOrigins { get; init; }

    /// <summary>How <c>conductor update</c> puts a newer one in place; null: as the server kit is laid out.</summary>
    public UpdateConfig? Update { get; init; }
}

/// <param name="Program">The file that is replaced; null: the one that runs.</param>
/// <param name="Restart">A command and its arguments; null: <c>systemctl restart conductor.service</c>.</param>
public sealed record UpdateConfig(string? Program = null, IReadOnlyList<string>? Restart = null);

/// <summary>A model behind an endpoint of OpenAI's form.</summary>
/// <param name="Url">Up to and including <c>/v1</c>.</param>
/// <param name="Name">Such as <c>spoq-echo</c>.</param>
/// <param name="Key">Sent as a bearer token; null: none is asked for.</param>
public sealed record ModelConfig(Uri Url, string Name, string? Key = null);

/// <summary><c>run.json</c> in the data directory: there while a Conductor serves, gone after a graceful stop.</summary>
public sealed record RunFile(int Pid, int Port, DateTimeOffset StartedAt, string Version);
