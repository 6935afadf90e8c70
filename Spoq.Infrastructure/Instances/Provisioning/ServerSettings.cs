using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Devices;
using Spoq.Core.Instances;
using Spoq.Core.Releases;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Devices;
using Spoq.Infrastructure.Instances.Moving;
using Spoq.Infrastructure.Instances.Providers.Container;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Releases;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>What <c>deploy/instance/install.sh</c> asks for: everything about one server that is not the same on all of them.</summary>
public sealed class ServerSettings
{
    /// <summary>Where its web server finds a Conductor.</summary>
    public const string ConductorListens = "127.0.0.1:4300";

    private readonly IDbContextFactory<SpoqDbContext> _contexts;
    private readonly DownloadService _downloads;
    private readonly SecretBox _secrets;
    private readonly ServerMoves _moves;
    private readonly IOptions<SpoqOptions> _options;
    private readonly IContainerDoor? _door;

    private static readonly Refusal s_architecture = new("unknown_architecture", "There are builds for amd64 and arm64.");

    internal ServerSettings(IDbContextFactory<SpoqDbContext> contexts, DownloadService downloads, SecretBox secrets, ServerMoves moves, IOptions<SpoqOptions> options, IContainerDoor? door) =>
        (_contexts, _downloads, _secrets, _moves, _options, _door) = (contexts, downloads, secrets, moves, options, door);

    /// <summary>The server that this token was made for; null: not let in.</summary>
    public async Task<NewServer?> OfAsync(Guid instanceId, string token, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        var instance = await db.Instances.AsNoTracking().SingleOrDefaultAsync(row => row.Id == instanceId, cancellationToken);
        if (instance is null || !ServerTokens.Matches(token, instance.ProvisioningTokenHash))
        {
            return null;
        }

        var profile = await db.Set<Profile>().AsNoTracking().SingleOrDefaultAsync(row => row.AccountId == instance.AccountId && row.Username == instance.Username, cancellationToken);
        return new NewServer(instance, token, profile?.PasswordHash);
    }

    /// <summary>Lines of <c>name=value</c>; a value is one word, in base64 where it is more than that.</summary>
    public async Task<Result<string>> WriteAsync(NewServer server, string? architecture, CancellationToken cancellationToken)
    {
        if (architecture is not ("amd64" or "arm64"))
        {
            return s_architecture;
        }

        var lines = new StringBuilder();
        Add(lines, "hostname", server.Instance.Hostname);
        Add(lines, "username", server.Instance.Username);
        if (!server.Instance.IsOwnServer && server.SealedPasswordHash is { } hash)
        {
            Add(lines, "password_hash", Encoding.ASCII.GetString(_secrets.Open(hash, ProfileService.PasswordPurpose)));
        }

        // A machine that its owner brings keeps the key that its visitors know.
        if (!server.Instance.IsOwnServer && server.Instance.SealedHostKey is { } hostKey)
        {
            Add(lines, "ssh_host_key", Convert.ToBase64String(_secrets.Open(hostKey, HostKey.Purpose)));
        }

        if (IsContainer(server.Instance) && _door?.HopKey is { } hop)
        {
            Add(lines, "gateway_key", Convert.ToBase64String(Encoding.ASCII.GetBytes(hop)));
        }

        foreach (var (name, value) in await _moves.SettingsAsync(server.Instance, cancellationToken))
        {
            Add(lines, name, value);
        }

        Add(lines, "config", Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(ConfigOf(server), WireJson.Default.ConductorConfig)));
        foreach (var product in (string[])[ReleaseArtifact.Conductor, ReleaseArtifact.CommandLine])
        {
            if (await AddDownloadAsync(lines, server.Instance.AccountId, product, $"{product}-linux-{architecture}", cancellationToken) is { } refusal)
            {
                return refusal;
            }
        }

        return lines.ToString();
    }

    private async Task<Refusal?> AddDownloadAsync(StringBuilder lines, Guid accountId, string product, string name, CancellationToken cancellationToken)
    {
        if ((await _downloads.ManifestAsync(cancellationToken))?.Find(name) is not { } artifact)
        {
            return ReleaseRefusals.NoSuchBuild;
        }

        if (!(await _downloads.IssueAsync(accountId, product, cancellationToken)).Try(out var download, out var refusal))
        {
            return refusal;
        }

        Add(lines, $"{product}_url", new Uri(_options.Value.BaseUrl, $"/releases/{name}?token={download.Token}").AbsoluteUri);
        Add(lines, $"{product}_sha256", artifact.Sha256);
        return null;
    }

    private ConductorConfig ConfigOf(NewServer server) => new()
    {
        InstanceId = server.Instance.Id,
        OwnerId = server.Instance.AccountId,
        Hostname = server.Instance.Hostname,
        Issuer = RuntimeTokens.IssuerOf(_options.Value),
        JwksUrl = new Uri(_options.Value.BaseUrl, "/.well-known/jwks.json"),
        ControlPlaneUrl = _options.Value.BaseUrl,
        ProvisioningToken = server.Token,
        DataDirectory = "/var/lib/conductor",
        Listen = ConductorListens,
        Mode = "cloud",
        Socket = "/run/conductor/api.sock",
        Update = IsContainer(server.Instance) ? new UpdateConfig(Restart: ["/opt/spoq/restart-conductor"]) : null,
    };

    private static bool IsContainer(Instance instance) => instance.Provider == ContainerProvider.Key;

    private static void Add(StringBuilder lines, string name, string value) => lines.Append(name).Append('=').Append(value).Append('\n');
}

/// <param name="SealedPasswordHash">Null: keys only.</param>
public sealed record NewServer(Instance Instance, string Token, byte[]? SealedPasswordHash);
