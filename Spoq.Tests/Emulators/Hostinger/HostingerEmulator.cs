using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Tests.Emulators.Hostinger;

/// <summary>
/// Hostinger's VPS and billing: it keeps no keys of ours, sells whatever is asked for twice as happily as once, and deletes nothing.
/// States move on as they are looked at.
/// </summary>
internal sealed class HostingerEmulator(TimeProvider clock) : ServerVendorEmulator(clock, "hostinger.json")
{
    public const string ApiKey = "hostinger-key";
    public const string Domain = "spoq.example";

    private const string Vps = "/api/vps/v1";
    private const string Billing = "/api/billing/v1";

    private static readonly string[] s_systems = ["Ubuntu 20.04 LTS", "Debian 11", "Ubuntu 22.04 LTS", "Ubuntu 24.04 LTS", "Ubuntu 26.04 LTS with Docker", "Ubuntu 25.10", "Debian 12", "AlmaLinux 9"];
    private static readonly string[] s_cities = ["Vilnius", "Phoenix", "São Paulo", "Paris", "Boston", "Manchester", "Frankfurt", "Jakarta", "Kuala Lumpur", "Mumbai", "Amsterdam"];

    private int _next = 7000;

    public List<Vm> Machines { get; } = [];

    public Dictionary<int, (string Name, string Content, DateTimeOffset CreatedAt)> Scripts { get; } = [];

    public HashSet<string> Renewing { get; } = [];

    /// <summary>What a new machine is: <c>initial</c> for one that was bought and not set up.</summary>
    public string NewState { get; set; } = "creating";

    public string OrderStatus { get; set; } = "completed";

    /// <summary>Cities that are offered no more.</summary>
    public HashSet<string> Closed { get; } = [];

    /// <summary>Sizes that are offered no more.</summary>
    public HashSet<int> Unsold { get; } = [];

    /// <summary>A renewal that was switched off stays so.</summary>
    public bool RefusesToRenew { get; set; }

    public bool RefusesToRecreate { get; set; }

    public override string PurchaseCall => $"POST {Vps}/virtual-machines";

    public override string LookCall => $"GET {Vps}/virtual-machines";

    public override IReadOnlyList<Guid> Marked => [.. Machines.Select(vm => ServerMark.Read(vm.Hostname.Split('.')[0])).OfType<Guid>()];

    public override string? BootScriptOf(Guid instanceId) => Scripts.Values.FirstOrDefault(script => script.Name == ServerMark.Of(instanceId)).Content;

    public override bool HoldsSecretsOf(Guid instanceId) => BootScriptOf(instanceId) is not null;

    public override void Force(Guid instanceId, string state) => Machines.Single(vm => vm.Hostname.StartsWith(ServerMark.Of(instanceId), StringComparison.Ordinal)).Become(state);

    /// <summary>Somebody bought one without setting it up, longer ago than any order is under way.</summary>
    public Vm AddUnfinished(int kvm, TimeSpan age)
    {
        var vm = NewVm(kvm, $"srv{_next}.hstgr.cloud", "initial");
        vm.CreatedAt = Now - age;
        return vm;
    }

    protected override IResult? Refuse(HttpRequest request) =>
        request.Headers.Authorization == $"Bearer {ApiKey}" ? null : No(401, "Unauthenticated");

    protected override void Map(WebApplication app)
    {
        var machines = app.MapGroup(Vps + "/virtual-machines");
        machines.MapGet("", () => Results.Json(Machines.Where(vm => vm.CreatedAt + ListLag <= Now).Select(vm => Json(Step(vm))).ToArray()));
        machines.MapPost("", Purchase);
        machines.MapGet("/{id:int}", (int id) => On(id, vm => Results.Json(Json(Step(vm)))));
        machines.MapPost("/{id:int}/setup", (int id, JsonElement body) => On(id, vm => vm.State != "initial" ? No(422, "The server is set up already") : SetUp(body) ?? Results.Json(Json(Apply(vm, body)))));
        machines.MapPost("/{id:int}/start", (int id) => Act(id, ["stopped"], vm => vm.Become("starting", "running")));
        machines.MapPost("/{id:int}/stop", (int id) => Act(id, ["running"], vm => vm.Become("stopping", "stopped")));
        machines.MapPost("/{id:int}/recreate", (int id, JsonElement body) => RefusesToRecreate ? No(422, "This server cannot be recreated.") : !IsStrong(body) ? No(422, "The password is too weak") : ScriptOf(body) is { } script && !Scripts.ContainsKey(script) ? No(422, "The selected script is invalid.") : Act(id, ["running", "stopped", "error"], vm =>
        {
            vm.BootScript = ScriptOf(body) is { } run ? Scripts[run].Content : null;
            vm.TemplateId = body.GetProperty("template_id").GetInt32();
            vm.Wiped++;
            vm.Become("recreating", "running");
        }));
        machines.MapPut("/{id:int}/hostname", (int id, JsonElement body) => Act(id, ["running", "stopped", "suspended", "error", "initial"], vm => vm.Hostname = body.GetProperty("hostname").GetString()!));
        app.MapGet(Vps + "/data-centers", () => Results.Json(s_cities.Select((city, at) => new { id = 20 + at, name = city[..2].ToLowerInvariant(), location = "xx", city, continent = "Earth" }).Where(center => !Closed.Contains(center.city))));
        app.MapGet(Vps + "/templates", () => Results.Json(s_systems.Select((_, at) => Template(1100 + at))));
        app.MapGet(Billing + "/catalog", () => Results.Json(new[] { 1, 2, 4, 8 }.Where(kvm => !Unsold.Contains(kvm)).Select(Item)));
        app.MapGet(Billing + "/subscriptions", () => Results.Json(Machines.Select(Subscription)));
        app.MapDelete(Billing + "/subscriptions/{id}/auto-renewal/disable", (string id) =>
        {
            Renewing.Remove(id);
            return Machines.Find(vm => vm.SubscriptionId == id) is { } vm ? Results.Json(Subscription(vm)) : No(404, "Not found");
        });
        app.MapPatch(Billing + "/subscriptions/{id}/auto-renewal/enable", (string id) =>
        {
            if (Machines.Find(vm => vm.SubscriptionId == id) is not { } vm)
            {
                return No(404, "Not found");
            }

            if (RefusesToRenew)
            {
                return No(422, "This subscription cannot be renewed.");
            }

            Renewing.Add(id);
            return Results.Json(Subscription(vm));
        });
        app.MapGet(Vps + "/post-install-scripts", (int? page) => Results.Json(new
        {
            data = Scripts.OrderBy(script => script.Key).Skip(((page ?? 1) - 1) * 50).Take(50).Select(script => Script(script.Key)),
            meta = new { current_page = page ?? 1, per_page = 50, total = Scripts.Count },
        }));
        app.MapPost(Vps + "/post-install-scripts", (JsonElement body) =>
        {
            Scripts[++_next] = (body.GetProperty("name").GetString()!, body.GetProperty("content").GetString()!, Now);
            return Results.Json(Script(_next));
        });
        app.MapDelete(Vps + "/post-install-scripts/{id:int}", (int id) => Scripts.Remove(id) ? Results.Json(new { message = "Request accepted" }) : No(404, "Not found"));
    }

    private IResult Purchase(JsonElement body)
    {
        if (IsSoldOut)
        {
            return No(422, "The selected data center has no room for this plan.");
        }

        var kvm = new[] { 1, 2, 4, 8 }.FirstOrDefault(size => body.GetProperty("item_id").GetString() == $"hostingercom-vps-kvm{size}-usd-1m");
        var setup = body.GetProperty("setup");
        if (kvm == 0 || SetUp(setup) is not null)
        {
            return SetUp(setup) ?? No(422, "The selected item id is invalid.");
        }

        var made = Enumerable.Range(0, PerPurchase).Select(_ =>
        {
            var vm = NewVm(kvm, NewState == "initial" ? $"srv{_next}.hstgr.cloud" : "", NewState);
            Bought.Enqueue(setup.GetProperty("hostname").GetString()!);
            return NewState == "initial" ? vm : Apply(vm, setup);
        }).ToList();
        return Results.Json(new
        {
            order = new { id = ++_next, subscription_id = made[0].SubscriptionId, status = OrderStatus, currency = "USD", subtotal = 899, total = 1088, billing_address = new { }, created_at = Now, updated_at = Now },
            virtual_machine = Json(made[0]),
        });
    }

    private Vm NewVm(int kvm, string hostname, string state)
    {
        var vm = new Vm { Id = ++_next, SubscriptionId = $"sub{_next}", Kvm = kvm, Hostname = hostname, CreatedAt = Now };
        vm.Become(state);
        Machines.Add(vm);
        Renewing.Add(vm.SubscriptionId);
        return vm;
    }

    private static int? ScriptOf(JsonElement body) => body.TryGetProperty("post_install_script_id", out var script) ? script.GetInt32() : null;

    private Vm Apply(Vm vm, JsonElement setup)
    {
        vm.BootScript = ScriptOf(setup) is { } run ? Scripts[run].Content : null;
        vm.Hostname = setup.GetProperty("hostname").GetString()!;
        vm.TemplateId = setup.GetProperty("template_id").GetInt32();
        vm.DataCenterId = setup.GetProperty("data_center_id").GetInt32();
        vm.HasBackups = !setup.TryGetProperty("enable_backups", out var backups) || backups.GetBoolean();
        vm.Become("creating", "starting", "running");
        return vm;
    }

    private IResult? SetUp(JsonElement setup) =>
        setup.GetProperty("template_id").GetInt32() is var template && (template < 1100 || template >= 1100 + s_systems.Length) ? No(422, "The selected template is invalid.")
        : setup.GetProperty("data_center_id").GetInt32() is < 20 or > 30 ? No(422, "The selected data center is invalid.")
        : setup.TryGetProperty("post_install_script_id", out var script) && !Scripts.ContainsKey(script.GetInt32()) ? No(422, "The selected script is invalid.")
        : IsStrong(setup) ? null : No(422, "The password is too weak");

    private static bool IsStrong(JsonElement body) =>
        body.GetProperty("password").GetString() is { Length: >= 12 } password && password.Any(char.IsUpper) && password.Any(char.IsLower) && password.Any(char.IsDigit);

    private IResult Act(int id, string[] states, Action<Vm> act) => On(id, vm =>
    {
        if (vm.IsMoving || !states.Contains(vm.State))
        {
            return No(422, $"The server is {vm.State}.");
        }

        act(vm);
        return Results.Json(new { id = ++_next, name = "action_name", state = "created", created_at = Now, updated_at = Now });
    });

    private IResult On(int id, Func<Vm, IResult> act) => Machines.Find(vm => vm.Id == id) is { } vm ? act(vm) : No(404, "Not found");

    private static object Json(Vm vm) => new
    {
        id = vm.Id, firewall_group_id = (int?)null, subscription_id = vm.SubscriptionId, data_center_id = vm.DataCenterId, plan = $"KVM {vm.Kvm}", hostname = vm.Hostname, state = vm.State,
        actions_lock = vm.IsMoving ? "locked" : "unlocked", cpus = vm.Kvm, memory = vm.Kvm * 4096, disk = vm.Kvm * 51200, bandwidth = 1, ns1 = (string?)null, ns2 = (string?)null,
        ipv4 = vm.State is "creating" or "initial" ? null : new[] { new { id = vm.Id, address = $"203.0.113.{vm.Id % 250}", ptr = (string?)null } }, ipv6 = (object?)null,
        template = vm.TemplateId is { } template ? Template(template) : null, created_at = vm.CreatedAt, something_new = "yes",
    };

    private static object Template(int id) => new { id, name = s_systems[id - 1100], description = "", documentation = (string?)null };

    private object Script(int id) => new { id, name = Scripts[id].Name, content = Scripts[id].Content, created_at = Scripts[id].CreatedAt, updated_at = Scripts[id].CreatedAt };

    private object Subscription(Vm vm) => new
    {
        id = vm.SubscriptionId, name = $"KVM {vm.Kvm}", status = Renewing.Contains(vm.SubscriptionId) ? "active" : "not_renewing", billing_period = 1, billing_period_unit = "month", currency_code = "USD",
        total_price = 899, renewal_price = 1399, is_auto_renewed = Renewing.Contains(vm.SubscriptionId), created_at = vm.CreatedAt, expires_at = vm.CreatedAt.AddDays(30), next_billing_at = vm.CreatedAt.AddDays(30),
    };

    private static object Item(int kvm)
    {
        var id = $"hostingercom-vps-kvm{kvm}";
        return new
        {
            id, name = $"KVM {kvm}", category = "VPS", metadata = (object?)null,
            prices = new[] { ("usd", 12, "year", "1y"), ("eur", 1, "month", "1m"), ("usd", 1, "month", "1m") }.Select(price => new
            {
                id = $"{id}-{price.Item1}-{price.Item4}", name = "KVM", currency = price.Item1.ToUpperInvariant(), price = 1399, first_period_price = 899, period = price.Item3 == "year" ? 1 : price.Item2, period_unit = price.Item3,
            }),
        };
    }

    private static IResult No(int status, string message) => Results.Json(new { message, correlation_id = "1c2d3e4f" }, statusCode: status);

    public sealed class Vm : Moving
    {
        public int Id { get; init; }

        public string SubscriptionId { get; init; } = "";

        public int Kvm { get; init; }

        public string Hostname { get; set; } = "";

        public int? TemplateId { get; set; }

        public int? DataCenterId { get; set; }

        public bool HasBackups { get; set; }

        public int Wiped { get; set; }

        /// <summary>What ran once on the system that it has now; null: nothing.</summary>
        public string? BootScript { get; set; }

        public DateTimeOffset CreatedAt { get; set; }
    }
}
