using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Wire;

namespace Spoq.Tests.Instances.Provisioning;

/// <summary>A provider that does as it is told: its ledger says what was really bought.</summary>
internal sealed class ScriptedProvider(TimeProvider clock) : IServerProvider
{
    public const string Key = "scripted";

    private readonly ConcurrentDictionary<Guid, ServerOrder> _servers = [];
    private readonly ConcurrentDictionary<Guid, bool> _off = [];
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _listedAt = [];

    public ConcurrentQueue<Guid> Bought { get; } = [];

    public ConcurrentQueue<string> Calls { get; } = [];

    /// <summary>Thrown instead of creating.</summary>
    public Func<ProviderException?> BeforeCreate { get; set; } = () => null;

    /// <summary>Thrown after creating: the answer is lost.</summary>
    public Func<ProviderException?> AfterCreate { get; set; } = () => null;

    /// <summary>Awaited inside a creation.</summary>
    public Func<Task> DuringCreate { get; set; } = () => Task.CompletedTask;

    /// <summary>Awaited inside a look at a server.</summary>
    public Func<Task> DuringGet { get; set; } = () => Task.CompletedTask;

    public ServerPower Power { get; set; } = ServerPower.Running;

    /// <summary>Where the stand-in for a Conductor answers.</summary>
    public string Endpoint { get; set; } = "http://127.0.0.1:9";

    public string Name => Key;

    public ServerCapabilities Capabilities => ServerCapabilities.Delete;

    /// <summary>A server just made is missing from look-ups for so long.</summary>
    public TimeSpan LookupLag { get; set; }

    public ICollection<Guid> Existing => _servers.Keys;

    public string TokenOf(Guid instanceId) => _servers[instanceId].ProvisioningToken;

    public void SwitchOff(Guid instanceId) => _off[instanceId] = true;

    public Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<ServerRegion>>([]);

    public Task<Server?> FindAsync(Guid instanceId, CancellationToken cancellationToken) =>
        Task.FromResult(_listedAt.TryGetValue(instanceId, out var listedAt) && clock.GetUtcNow() < listedAt ? null : Look(instanceId));

    public async Task<Server?> GetAsync(string reference, CancellationToken cancellationToken)
    {
        await DuringGet();
        return Look(Guid.Parse(reference));
    }

    public async Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken)
    {
        Calls.Enqueue("create");
        Throw(BeforeCreate());
        await DuringCreate();
        Bought.Enqueue(order.InstanceId);
        _servers[order.InstanceId] = order;
        _listedAt[order.InstanceId] = clock.GetUtcNow() + LookupLag;
        Throw(AfterCreate());
        return Look(order.InstanceId)!;
    }

    public Task StartAsync(string reference, CancellationToken cancellationToken)
    {
        Calls.Enqueue("start");
        _off.TryRemove(Guid.Parse(reference), out _);
        return Task.CompletedTask;
    }

    public Task StopAsync(string reference, CancellationToken cancellationToken)
    {
        _off[Guid.Parse(reference)] = true;
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ListedServer>>([.. _servers.Keys.Select(id => new ListedServer(id.ToString(), id, id.ToString(), Power))]);

    public Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken)
    {
        _servers.TryRemove(Guid.Parse(reference), out _);
        return Task.FromResult<ServerEnd>(new ServerEnd.Gone());
    }

    private Server? Look(Guid instanceId) => _servers.ContainsKey(instanceId)
        ? new Server(instanceId.ToString(), _off.ContainsKey(instanceId) ? ServerPower.Stopped : Power, Endpoint, "127.0.0.1", null)
        : null;

    private static void Throw(ProviderException? no)
    {
        if (no is not null)
        {
            throw no;
        }
    }
}

/// <summary>Answers what a Conductor answers to the last check, for any instance.</summary>
internal sealed class AnyConductor
{
    private WebApplication? _app;

    public async Task<string> StartAsync(Func<string, Guid> instanceOf)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.MapGet("/health", () => Results.Ok());
        _app.MapGet("/api/status", (HttpRequest request) => Results.Json(Status(instanceOf(request.Host.Host)), WireJson.Default.ConductorStatus));
        await _app.StartAsync();
        return _app.Urls.First();
    }

    public async Task StopAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    private static ConductorStatus Status(Guid instanceId) => new()
    {
        Version = "1",
        Mode = "cloud",
        InstanceId = instanceId,
        OwnerId = Guid.Empty,
        Hostname = "",
        Capabilities = [],
        Model = "",
        StartedAt = DateTimeOffset.UnixEpoch,
        UptimeSeconds = 1,
        Sessions = 0,
        Resources = new ResourceUse(0, 0, 0, 0, 0),
    };
}
