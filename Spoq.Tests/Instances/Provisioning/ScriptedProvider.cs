using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Pool;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Wire;

namespace Spoq.Tests.Instances.Provisioning;

/// <summary>A provider that does as it is told: its ledger says what was really bought.</summary>
internal sealed class ScriptedProvider(TimeProvider clock) : IReusableServers
{
    public const string Key = "scripted";

    private readonly ConcurrentDictionary<Guid, ServerOrder> _servers = [];
    private readonly ConcurrentDictionary<Guid, bool> _off = [];

    /// <summary>Of servers that were another's before.</summary>
    private readonly ConcurrentDictionary<Guid, string> _references = [];
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

    /// <summary>Called when its servers are listed.</summary>
    public Action DuringList { get; set; } = () => { };

    /// <summary>Lists nothing and says so.</summary>
    public bool IsAway { get; set; }

    /// <summary>Listed although nobody here ordered them.</summary>
    public List<ListedServer> Strangers { get; } = [];

    /// <summary>There, and missing from the list.</summary>
    public HashSet<Guid> Unlisted { get; } = [];

    public ServerPower Power { get; set; } = ServerPower.Running;

    /// <summary>Where the stand-in for a Conductor answers.</summary>
    public string Endpoint { get; set; } = "http://127.0.0.1:9";

    public string Name => Key;

    public ServerCapabilities Capabilities { get; set; } = ServerCapabilities.Delete;

    /// <summary>Where a stand-in for its SSH answers.</summary>
    public int SshPort { get; set; } = 22;

    /// <summary>Thrown instead of giving this size.</summary>
    public Func<ServerSize, ProviderException?> BeforeResize { get; set; } = _ => null;

    /// <summary>Thrown after it: the answer is lost.</summary>
    public Func<ProviderException?> AfterResize { get; set; } = () => null;

    public ConcurrentDictionary<Guid, ServerSize> Sizes { get; } = [];

    /// <summary>A server just made is missing from look-ups for so long.</summary>
    public TimeSpan LookupLag { get; set; }

    public ICollection<Guid> Existing => _servers.Keys;

    /// <summary>As it was ordered.</summary>
    public ServerOrder OrderOf(Guid mark) => _servers[mark];

    public string TokenOf(Guid instanceId) => _servers[instanceId].ProvisioningToken;

    /// <summary>Ended rentals are kept until then; null: they end.</summary>
    public DateTimeOffset? KeptUntil { get; set; }

    /// <summary>References of kept servers whose wipe can be seen.</summary>
    public ConcurrentDictionary<string, bool> Kept { get; } = [];

    /// <summary>Each take-over that was done, by reference.</summary>
    public ConcurrentQueue<string> Taken { get; } = [];

    /// <summary>Thrown after a take-over: its answer is lost.</summary>
    public Func<ProviderException?> AfterTakeOver { get; set; } = () => null;

    public IReadOnlyList<ServerRegion> Regions { get; set; } = [];

    /// <summary>Removed behind our back.</summary>
    public void Vanish(Guid instanceId) => _servers.TryRemove(instanceId, out _);

    /// <summary>Made so late that nobody waits for it.</summary>
    public void Appear(Guid instanceId) => _servers[instanceId] = new ServerOrder(instanceId, Guid.Empty, "", "", new ServerSize(1, 1, 1), "", "") { BootScript = "" };

    /// <summary>As if nothing had ever been bought or told.</summary>
    public void Clear()
    {
        BeforeCreate = AfterCreate = AfterResize = () => null;
        DuringCreate = DuringGet = DuringEnd = () => Task.CompletedTask;
        BeforeResize = _ => null;
        Sizes.Clear();
        DuringList = () => { };
        (Power, LookupLag, IsAway) = (ServerPower.Running, TimeSpan.Zero, false);
        Bought.Clear();
        Calls.Clear();
        Strangers.Clear();
        Unlisted.Clear();
        Kept.Clear();
        Taken.Clear();
        (KeptUntil, AfterTakeOver, Regions, RenewsAgain) = (null, () => null, [], true);
        Capabilities = ServerCapabilities.Delete;
        _references.Clear();
        _servers.Clear();
        _off.Clear();
    }

    public void SwitchOff(Guid instanceId) => _off[instanceId] = true;

    public Task<IReadOnlyList<ServerRegion>> RegionsAsync(ServerSize? size, CancellationToken cancellationToken) => Task.FromResult(Regions);

    public Task<Server?> FindAsync(Guid instanceId, CancellationToken cancellationToken) =>
        Task.FromResult(_listedAt.TryGetValue(instanceId, out var listedAt) && clock.GetUtcNow() < listedAt ? null : Look(instanceId));

    public async Task<Server?> GetAsync(string reference, CancellationToken cancellationToken)
    {
        await DuringGet();
        return Look(OwnerOf(reference));
    }

    public bool RenewsAgain { get; set; } = true;

    public async Task<ServerEnd> KeepAsync(string reference, CancellationToken cancellationToken)
    {
        Calls.Enqueue("keep");
        return await EndAsync(reference, cancellationToken) is ServerEnd.Kept kept ? RenewsAgain ? kept : new ServerEnd.Kept(null) : new ServerEnd.Gone();
    }

    public Task<SpareLook> LookAtAsync(Spare spare, CancellationToken cancellationToken) => Task.FromResult(
        Kept.TryGetValue(spare.Reference, out var isWiped) ? isWiped ? SpareLook.Wiped : SpareLook.NotWiped
        : Look(OwnerOf(spare.Reference)) is null ? SpareLook.Gone : SpareLook.NotWiped);

    public Task<Server> TakeOverAsync(Spare spare, ServerOrder order, CancellationToken cancellationToken)
    {
        var reference = spare.Reference;
        Calls.Enqueue("take_over");
        if (Kept.TryRemove(reference, out _))
        {
            Taken.Enqueue(reference);
            _servers[order.Mark] = order;
            _references[order.Mark] = reference;
        }
        else if (_references.GetValueOrDefault(order.Mark) != reference)
        {
            throw new ProviderException("It is gone.") { IsFinal = true };
        }

        Throw(AfterTakeOver());
        return Task.FromResult(Look(order.Mark)!);
    }

    /// <summary>Awaited inside an end.</summary>
    public Func<Task> DuringEnd { get; set; } = () => Task.CompletedTask;

    public async Task<Server> CreateAsync(ServerOrder order, CancellationToken cancellationToken)
    {
        Calls.Enqueue("create");
        Throw(BeforeCreate());
        await DuringCreate();
        Bought.Enqueue(order.Mark);
        _servers[order.Mark] = order;
        _listedAt[order.Mark] = clock.GetUtcNow() + LookupLag;
        Throw(AfterCreate());
        return Look(order.Mark)!;
    }

    public Task StartAsync(string reference, CancellationToken cancellationToken)
    {
        Calls.Enqueue("start");
        _off.TryRemove(OwnerOf(reference), out _);
        return Task.CompletedTask;
    }

    public Task ResizeAsync(string reference, ServerSize size, CancellationToken cancellationToken)
    {
        Calls.Enqueue("resize");
        Throw(BeforeResize(size));
        Assert.True(_off.ContainsKey(OwnerOf(reference)), "a server that runs is given no other size");
        Sizes[OwnerOf(reference)] = size;
        Throw(AfterResize());
        return Task.CompletedTask;
    }

    public Task StopAsync(string reference, CancellationToken cancellationToken)
    {
        Calls.Enqueue("stop");
        _off[OwnerOf(reference)] = true;
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<ListedServer>> ListAsync(CancellationToken cancellationToken)
    {
        DuringList();
        Throw(IsAway ? new ProviderException("The provider is away.") : null);
        return Task.FromResult<IReadOnlyList<ListedServer>>([.. _servers.Keys.Where(id => !Unlisted.Contains(id)).Select(id => new ListedServer(ReferenceOf(id), id, id.ToString(), Power)),
            .. Kept.Keys.Select(reference => new ListedServer(reference, null, "kept", ServerPower.Stopped)), .. Strangers]);
    }

    public async Task<ServerEnd> EndAsync(string reference, CancellationToken cancellationToken)
    {
        Calls.Enqueue("end");
        await DuringEnd();
        var was = _servers.TryRemove(OwnerOf(reference), out _);
        if ((was || Kept.ContainsKey(reference)) && KeptUntil is { } until)
        {
            Kept[reference] = true;
            return new ServerEnd.Kept(until);
        }

        Strangers.RemoveAll(stranger => stranger.Reference == reference);
        return new ServerEnd.Gone();
    }

    private Server? Look(Guid instanceId) => _servers.ContainsKey(instanceId)
        ? new Server(ReferenceOf(instanceId), _off.ContainsKey(instanceId) ? ServerPower.Stopped : Power, Endpoint, "127.0.0.1", null) { SshPort = SshPort }
        : null;

    private string ReferenceOf(Guid instanceId) => _references.GetValueOrDefault(instanceId) ?? instanceId.ToString();

    private Guid OwnerOf(string reference) => _servers.Keys.Where(id => ReferenceOf(id) == reference).DefaultIfEmpty(Guid.TryParse(reference, out var id) && !_references.ContainsKey(id) ? id : Guid.Empty).First();

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
