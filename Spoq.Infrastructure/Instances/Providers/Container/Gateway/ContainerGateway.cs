using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Providers.Container.Engine;

namespace Spoq.Infrastructure.Instances.Providers.Container.Gateway;

/// <summary>
/// Keeps the gateway's routes as the engine's containers are, and the names that SSH is asked for as the database has them:
/// at once after a change of ours, and every few seconds for what changed without us. A gateway that was away or made anew
/// is brought up to date by the next look.
/// </summary>
internal sealed partial class ContainerGateway(
    DockerEngine engine, IDbContextFactory<SpoqDbContext> contexts, IOptions<ContainerOptions> options, TimeProvider clock, ILogger<ContainerGateway> log) : BackgroundService, IContainerDoor
{
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(10);

    private readonly GatewayFolder _folder = new(options.Value.GatewayDirectory!);
    private readonly CaddyLine _caddy = new(new GatewayFolder(options.Value.GatewayDirectory!).CaddySocket);
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);

    public bool IsOpen => true;

    public string? HostKeyFingerprint => _folder.HostKeyFingerprint;

    public string? HopKey => _folder.HopKey;

    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            _folder.WriteNames(await NamesAsync(cancellationToken));
            var containers = await engine.ListContainersAsync(ContainerMark.Label, cancellationToken);
            var routes = CaddyRoutes.Of(containers.Select(RouteOf).OfType<Route>(), options.Value);
            if (!await _caddy.RunsAsync(routes.Id, cancellationToken))
            {
                await _caddy.LoadAsync(routes.Configuration, cancellationToken);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException or ProviderException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            log.LogWarning("The gateway is not up to date and is tried again: {Reason}", e.Message);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public override void Dispose()
    {
        _caddy.Dispose();
        _oneAtATime.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_between, clock);
        do
        {
            try
            {
                await RefreshAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.LogError(e, "The gateway could not be looked after");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Addresses of computers and their owners' user names: sshd asks for a key only of a name that it knows.</summary>
    private async Task<IEnumerable<string>> NamesAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var instances = db.Instances.Where(row => row.Provider == ContainerProvider.Key && row.State != InstanceState.Draft && row.State != InstanceState.Deleted && row.State != InstanceState.Cancelled);
        var addresses = await instances.Select(row => row.Address).ToListAsync(cancellationToken);
        var users = await db.Profiles.Where(profile => instances.Any(row => row.AccountId == profile.AccountId)).Select(profile => profile.Username).ToListAsync(cancellationToken);
        return addresses.Concat(users).Distinct().Where(name => Name().IsMatch(name));
    }

    private static Route? RouteOf(ListedContainer container) =>
        container.Labels?.GetValueOrDefault(ContainerMark.HostnameLabel) is { } hostname
            ? new Route(hostname, container.State == "running" ? container.PortOf(8080) : null)
            : null;

    [GeneratedRegex("^[a-z0-9_][a-z0-9_-]{0,62}$")]
    private static partial Regex Name();
}
