using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Tests.Emulators.Fly;

/// <summary>Fly's Machines API: apps of one name space, volumes whose names are not unique, machines that move on as they are looked at.</summary>
internal sealed class FlyEmulator(TimeProvider clock) : ServerVendorEmulator(clock, "fly.json")
{
    public const string ApiToken = "fly-token";
    public const string Organization = "spoq";

    private static readonly string[] s_regions = ["iad", "fra", "ams", "old"];

    private int _next;

    public Dictionary<string, App> Apps { get; } = [];

    /// <summary>Names that other customers of Fly have.</summary>
    public HashSet<string> Taken { get; } = [];

    /// <summary>How many machines the host of a volume has no room for.</summary>
    public int FullHosts { get; set; }

    /// <summary>As it was seen to answer, whatever its contract says: true and false where requests take words.</summary>
    public bool SaysAutostopAsBoolean { get; set; }

    public override string PurchaseCall => "POST /v1/apps/spoq-*/machines";

    public override string LookCall => "GET /v1/apps/spoq-*";

    public override IReadOnlyList<Guid> Marked => [.. Apps.Values.Where(app => !app.IsGoing).Select(app => ServerMark.Read(app.Name)).OfType<Guid>()];

    public override string? BootScriptOf(Guid instanceId) => Apps.GetValueOrDefault(ServerMark.Of(instanceId)) is { IsGoing: false } app && app.Secrets.TryGetValue("SPOQ_TOKEN", out var token) ? $"SPOQ_TOKEN={token}" : null;

    public override bool HoldsSecretsOf(Guid instanceId) => BootScriptOf(instanceId) is not null;

    public override void Force(Guid instanceId, string state) => Apps[ServerMark.Of(instanceId)].Machines.ForEach(machine => machine.Become(state));

    protected override IResult? Refuse(HttpRequest request) => request.Headers.Authorization == $"Bearer {ApiToken}" ? null : No(401, "unauthenticated");

    protected override void Map(WebApplication app)
    {
        app.MapGet("/v1/apps", (string? cursor) =>
        {
            // Two on a page: whoever reads only the first overlooks the others.
            var first = int.TryParse(cursor, out var at) ? at : 0;
            var listed = Apps.Values.Where(one => one.CreatedAt + ListLag <= Now).ToList();
            return Results.Json(new { apps = listed.Skip(first).Take(2).Select(Json), total_apps = listed.Count, next_cursor = first + 2 < listed.Count ? $"{first + 2}" : "" });
        });
        app.MapPost("/v1/apps", NewApp);
        app.MapGet("/v1/platform/regions", () => Results.Json(new { nearest = "fra", regions = s_regions.Select(code => new { code, name = $"City of {code}", deprecated = code == "old", gateway_available = true, requires_paid_plan = false, geo_region = "earth", latitude = 1.5, longitude = 2.5 }) }));
        var one = app.MapGroup("/v1/apps/{name}");
        one.MapGet("", (string name) => Taken.Contains(name) ? No(403, "not yours") : On(name, found => Results.Json(Json(found))));
        one.MapDelete("", (string name) => On(name, found =>
        {
            if (found.Machines.Exists(machine => machine.State != "destroyed") || found.Volumes.Count > 0)
            {
                return No(412, "the app is not empty");
            }

            found.GoesAfter = 1;
            return Results.StatusCode(202);
        }));
        one.MapGet("/ip_assignments", (string name) => On(name, found => Results.Json(new { ips = found.Ips.Select(ip => new { ip, region = "global", shared = false, egress = false, service_name = "", created_at = "2026-01-01T00:00:00Z" }) })));
        one.MapPost("/ip_assignments", (string name, JsonElement body) => On(name, found =>
        {
            found.Ips.Add(body.GetProperty("type").GetString() == "v6" ? $"2001:db8::{++_next:x}" : $"192.0.2.{++_next % 250}");
            return Results.Json(new { ip = found.Ips[^1], region = "global", shared = false, created_at = "2026-01-01T00:00:00Z" });
        }));
        one.MapGet("/secrets", (string name) => On(name, found => Results.Json(new { secrets = found.Secrets.Keys.Select(secret => new { name = secret, digest = "d" }) })));
        one.MapPost("/secrets/{secret}", (string name, string secret, JsonElement body) => On(name, found =>
        {
            found.Secrets[secret] = body.GetProperty("value").GetString()!;
            return Results.Json(new { name = secret, version = ++found.SecretsVersion, digest = "d" }, statusCode: 201);
        }));
        one.MapDelete("/secrets/{secret}", (string name, string secret) => On(name, found => found.Secrets.Remove(secret) ? Results.Json(new { version = ++found.SecretsVersion }) : No(404, "no such secret")));
        one.MapGet("/volumes", (string name) => On(name, found => Results.Json(found.Volumes.Select(Json))));
        one.MapPost("/volumes", (string name, JsonElement body) => On(name, found =>
        {
            var volume = new Volume($"vol_{++_next}", body.GetProperty("region").GetString()!, body.GetProperty("size_gb").GetInt32());
            found.Volumes.Add(volume);
            return Results.Json(Json(volume));
        }));
        one.MapPut("/volumes/{id}/extend", (string name, string id, JsonElement body) => On(name, found =>
        {
            var at = found.Volumes.FindIndex(volume => volume.Id == id);
            if (at < 0)
            {
                return No(404, "no such volume");
            }

            if (body.GetProperty("size_gb").GetInt32() < found.Volumes[at].SizeGb)
            {
                return No(400, "volumes can only grow");
            }

            found.Volumes[at] = found.Volumes[at] with { SizeGb = body.GetProperty("size_gb").GetInt32() };
            return Results.Json(new { needs_restart = true, volume = Json(found.Volumes[at]) });
        }));
        one.MapDelete("/volumes/{id}", (string name, string id) => On(name, found =>
        {
            if (found.Volumes.Find(volume => volume.Id == id) is not { } volume)
            {
                return No(404, "no such volume");
            }

            if (found.Machines.Exists(machine => machine.Volume == id && machine.State != "destroyed"))
            {
                return No(412, "the volume is attached");
            }

            found.Volumes.Remove(volume);
            return Results.Json(Json(volume));
        }));
        MapMachines(one.MapGroup("/machines"));
    }

    private void MapMachines(RouteGroupBuilder machines)
    {
        machines.MapGet("", (string name) => On(name, found =>
        {
            found.Machines.ForEach(machine => Step(machine));
            found.Machines.RemoveAll(machine => machine.State == "destroyed");
            return Results.Json(found.Machines.Select(Json));
        }));
        machines.MapPost("", (string name, JsonElement body) => On(name, found => NewMachine(found, body)));
        machines.MapPost("/{id}", (string name, string id, JsonElement body) => On(name, found => Update(found, id, body)));
        machines.MapPost("/{id}/start", (string name, string id) => OnMachine(name, id, machine => machine.State is "stopped" or "suspended" or "created", machine => machine.Become("starting", "started")));
        machines.MapPost("/{id}/stop", (string name, string id) => OnMachine(name, id, machine => machine.State is "started" or "starting", machine => machine.Become("stopping", "stopped")));
        machines.MapDelete("/{id}", (string name, string id) => OnMachine(name, id, _ => true, machine => machine.Become("destroying", "destroyed")));
    }

    private IResult NewApp(JsonElement body)
    {
        var name = body.GetProperty("name").GetString()!;
        if (body.GetProperty("org_slug").GetString() != Organization)
        {
            return No(400, "no such organization");
        }

        if (Taken.Contains(name) || (Apps.TryGetValue(name, out var there) && there.Key != body.GetProperty("idempotency_key").GetString()))
        {
            return No(422, "Name has already been taken", "name_taken");
        }

        Apps.TryAdd(name, new App(name, body.GetProperty("idempotency_key").GetString()!, Now));
        return Results.Json(new { id = name, created_at = 1 }, statusCode: 201);
    }

    private IResult NewMachine(App app, JsonElement body)
    {
        var name = body.GetProperty("name").GetString()!;
        var config = body.GetProperty("config");
        var volume = app.Volumes.Find(one => one.Id == config.GetProperty("mounts")[0].GetProperty("volume").GetString());
        if (IsSoldOut || FullHosts > 0)
        {
            FullHosts--;
            return No(422, "could not reserve resource for machine: insufficient capacity", "insufficient_capacity");
        }

        if (app.Machines.Exists(machine => machine.Name == name && machine.State != "destroyed") || volume is null || volume.Region != body.GetProperty("region").GetString())
        {
            return No(409, "already_exists: unique machine name violation, or the volume is elsewhere");
        }

        for (var made = 0; made < PerPurchase; made++)
        {
            var machine = new Machine($"m{++_next}", name, volume.Id, config.Clone());
            machine.Become("created", "starting", "started");
            app.Machines.Add(machine);
            Bought.Enqueue(app.Name);
        }

        return Results.Json(Json(app.Machines[^1]));
    }

    /// <summary>The whole configuration takes the place of the old one; mounts cannot be changed.</summary>
    private IResult Update(App app, string id, JsonElement body)
    {
        if (app.Machines.Find(one => one.Id == id) is not { } machine)
        {
            return No(404, "machine not found");
        }

        if (body.TryGetProperty("current_version", out var version) && version.GetString() != machine.Version)
        {
            return No(409, "the machine has changed since");
        }

        var config = body.GetProperty("config");
        if (config.GetProperty("mounts")[0].GetProperty("volume").GetString() != machine.Volume || config.GetProperty("services").EnumerateArray().Any(service => service.GetProperty("autostop").ValueKind != JsonValueKind.String))
        {
            return No(400, "mounts cannot be changed, and autostop is a word");
        }

        if (IsSoldOut || FullHosts > 0)
        {
            FullHosts--;
            return No(422, "could not reserve resource for machine: insufficient capacity", "insufficient_capacity");
        }

        machine.Change(config.Clone(), $"v{++_next}");
        var isOff = machine.State is "stopped" or "suspended" or "created" || (body.TryGetProperty("skip_launch", out var skip) && skip.GetBoolean());
        machine.Become("updating", isOff ? "stopped" : "started");
        return Results.Json(Json(machine));
    }

    private IResult On(string name, Func<App, IResult> act)
    {
        if (!Apps.TryGetValue(name, out var found))
        {
            return No(404, "app not found");
        }

        if (found.IsGoing && found.GoesAfter-- <= 0)
        {
            Apps.Remove(name);
            return No(404, "app not found");
        }

        return act(found);
    }

    private IResult OnMachine(string name, string id, Func<Machine, bool> may, Action<Machine> act) => On(name, app =>
    {
        if (app.Machines.Find(machine => machine.Id == id) is not { } machine)
        {
            return No(404, "machine not found");
        }

        if (!may(machine))
        {
            return No(412, $"the machine is {machine.State}");
        }

        act(machine);
        return Results.Json(new { ok = true });
    });

    private static object Json(App app) => new { id = app.Name, name = app.Name, status = app.IsGoing ? "pending_delete" : "deployed", machine_count = app.Machines.Count, volume_count = app.Volumes.Count, network = "default", organization = new { name = "Spoq", slug = Organization } };

    private static object Json(Volume volume) => new { id = volume.Id, name = "home", state = "created", region = volume.Region, size_gb = volume.SizeGb, encrypted = true };

    private object Json(Machine machine) => new { id = machine.Id, name = machine.Name, state = machine.State, region = "fra", instance_id = "01", version = machine.Version, config = Answered(machine.Config), created_at = "2026-01-01T00:00:00Z" };

    private JsonNode Answered(JsonElement config)
    {
        var answered = JsonNode.Parse(config.GetRawText())!;
        if (!SaysAutostopAsBoolean)
        {
            return answered;
        }

        foreach (var service in answered["services"]?.AsArray() ?? [])
        {
            service!["autostop"] = (string?)service["autostop"] == "stop";
        }

        return answered;
    }

    private static IResult No(int code, string error, string status = "unknown") => Results.Json(new { error, status }, statusCode: code);

    public sealed record Volume(string Id, string Region, int SizeGb);

    public sealed class App(string name, string key, DateTimeOffset createdAt)
    {
        public string Name => name;

        public string Key => key;

        public DateTimeOffset CreatedAt => createdAt;

        /// <summary>Still answered for so often after its deletion was accepted.</summary>
        public int? GoesAfter { get; set; }

        public bool IsGoing => GoesAfter is not null;

        public List<string> Ips { get; } = [];

        public Dictionary<string, string> Secrets { get; } = [];

        public int SecretsVersion { get; set; }

        public List<Volume> Volumes { get; } = [];

        public List<Machine> Machines { get; } = [];
    }

    public sealed class Machine(string id, string name, string volume, JsonElement config) : Moving
    {
        public string Id => id;

        public string Name => name;

        public string Volume => volume;

        public JsonElement Config { get; private set; } = config;

        public string Version { get; private set; } = "v0";

        public void Change(JsonElement config, string version) => (Config, Version) = (config, version);
    }
}
