using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Tests.Emulators.Contabo;

/// <summary>Contabo's API and its token door on one port: tokens run out, every answer is a list, nothing is deleted but secrets.</summary>
internal sealed class ContaboEmulator(TimeProvider clock) : ServerVendorEmulator(clock, "contabo.json")
{
    public const string ClientId = "INT-1";
    public const string ClientSecret = "client secret";
    public const string ApiUser = "ops@spoq.example";
    public const string ApiPassword = "api password";

    private const string Instances = "/v1/compute/instances";

    private static readonly (string Id, string Name)[] s_images =
        [("i-2004", "ubuntu-20.04"), ("i-2204", "ubuntu-22.04"), ("i-2404", "ubuntu-24.04"), ("i-2504", "ubuntu-25.04"), ("i-2404p", "ubuntu-24.04-plesk"), ("i-d11", "debian-11"), ("i-d12", "debian-12"), ("i-win", "windows-server-2022")];

    private readonly Dictionary<string, DateTimeOffset> _tokens = [];
    private int _next = 100;

    public List<Rented> Servers { get; } = [];

    public Dictionary<int, (string Name, string Value)> Secrets { get; } = [];

    /// <summary>Servers of the account that are not ours.</summary>
    public int Others { get; set; }

    /// <summary>Answers 422 to a cancellation, as for some instances.</summary>
    public bool RefusesToCancel { get; set; }

    /// <summary>The status of a new order; it stays unless it is <c>provisioning</c>.</summary>
    public string NewStatus { get; set; } = "provisioning";

    public int TokensGiven { get; private set; }

    public override string PurchaseCall => $"POST {Instances}";

    public override string LookCall => $"GET {Instances}";

    public override IReadOnlyList<Guid> Marked => [.. Servers.Select(server => ServerMark.Read(server.DisplayName)).OfType<Guid>()];

    public override string? BootScriptOf(Guid instanceId) => Servers.Find(server => ServerMark.Read(server.DisplayName) == instanceId)?.UserData;

    public override bool HoldsSecretsOf(Guid instanceId) => Secrets.Values.Any(secret => secret.Name == ServerMark.Of(instanceId));

    public override void Force(Guid instanceId, string state) => Servers.Single(server => ServerMark.Read(server.DisplayName) == instanceId).Become(state);

    /// <summary>Every token given out so far is refused from now on.</summary>
    public void RevokeTokens() => _tokens.Clear();

    protected override IResult? Refuse(HttpRequest request) =>
        request.Path.StartsWithSegments("/auth") || (_tokens.TryGetValue(request.Headers.Authorization.ToString(), out var until) && Now < until) ? null : No(401, "Unauthorized");

    protected override void Map(WebApplication app)
    {
        app.MapPost("/auth/realms/contabo/protocol/openid-connect/token", async (HttpRequest request) =>
        {
            var form = await request.ReadFormAsync();
            if (form["client_id"] != ClientId || form["client_secret"] != ClientSecret || form["username"] != ApiUser || form["password"] != ApiPassword)
            {
                return Results.Json(new { error = "invalid_grant", error_description = "Invalid user credentials" }, statusCode: 401);
            }

            var token = $"token{++TokensGiven}";
            _tokens[$"Bearer {token}"] = Now.AddSeconds(300);
            return Results.Json(new { access_token = token, expires_in = 300, refresh_expires_in = 1800, refresh_token = "r", token_type = "Bearer", scope = "profile" });
        });
        app.MapGet(Instances, (string? displayName, int? page, int? size) =>
        {
            var found = Servers.Where(server => server.CreatedAt + ListLag <= Now && (displayName is null || server.DisplayName.Contains(displayName, StringComparison.Ordinal))).ToList();
            var others = displayName is null ? Others : 0;
            return Page(found.Select(server => Json(Step(server))), found.Count + others, page, size);
        });
        app.MapPost(Instances, Order);
        app.MapGet(Instances + "/{id:long}", (long id) => On(id, server => Page([Json(Step(server))], 1, 1, 1)));
        app.MapPatch(Instances + "/{id:long}", (long id, JsonElement body) => On(id, server =>
        {
            server.DisplayName = body.GetProperty("displayName").GetString()!;
            return Done(new { tenantId = "INT", customerId = "1", instanceId = id, createdDate = server.CreatedAt }, 200);
        }));
        app.MapPut(Instances + "/{id:long}", (long id, JsonElement body) => On(id, server =>
        {
            if (server.State is not ("running" or "stopped" or "rescue") || !Array.Exists(s_images, image => image.Id == body.GetProperty("imageId").GetString()) || !Secrets.ContainsKey(body.GetProperty("rootPassword").GetInt32()))
            {
                return No(400, "The instance cannot be reinstalled.");
            }

            server.ImageId = body.GetProperty("imageId").GetString()!;
            server.UserData = body.TryGetProperty("userData", out var script) ? script.GetString() : null;
            server.Wiped++;
            server.Become("installing", "running");
            return Done(new { tenantId = "INT", customerId = "1", instanceId = id, createdDate = server.CreatedAt }, 200);
        }));
        app.MapPost(Instances + "/{id:long}/cancel", (long id) => On(id, server =>
        {
            if (RefusesToCancel)
            {
                return No(422, "This instance cannot be cancelled.");
            }

            server.CancelDate ??= Now.AddDays(28).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            return Done(new { tenantId = "INT", customerId = "1", instanceId = id, cancelDate = server.CancelDate }, 201);
        }));
        foreach (var (action, at, through, end) in new[] { ("start", "stopped", "stopped", "running"), ("stop", "running", "running", "stopped"), ("shutdown", "running", "running", "stopped") })
        {
            app.MapPost($"{Instances}/{{id:long}}/actions/{action}", (long id) => On(id, server =>
            {
                if (server.State == at)
                {
                    server.Become(through, end);
                }

                return Done(new { tenantId = "INT", customerId = "1", instanceId = id, action }, 201);
            }));
        }

        app.MapGet("/v1/compute/images", (int? page, int? size) => Page(s_images.Select(Image), s_images.Length, page, size));
        app.MapGet("/v1/secrets", (string? name, int? page, int? size) =>
        {
            var found = Secrets.Where(secret => name is null || secret.Value.Name.Contains(name, StringComparison.Ordinal)).Select(secret => Secret(secret.Key)).ToList();
            return Page(found, found.Count, page, size);
        });
        app.MapPost("/v1/secrets", (JsonElement body) =>
        {
            var value = body.GetProperty("value").GetString()!;
            if (body.GetProperty("type").GetString() == "password" && !IsStrong(value))
            {
                return No(400, "The password is too weak.");
            }

            Secrets[++_next] = (body.GetProperty("name").GetString()!, value);
            return Done(Secret(_next), 201);
        });
        app.MapDelete("/v1/secrets/{id:int}", (int id) => Secrets.Remove(id) ? Results.NoContent() : No(404, "Not found"));
    }

    private IResult Order(JsonElement body)
    {
        if (IsSoldOut)
        {
            return No(400, "The product is not available in this region.");
        }

        if (!Secrets.ContainsKey(body.GetProperty("rootPassword").GetInt32()) || !Array.Exists(s_images, image => image.Id == body.GetProperty("imageId").GetString()))
        {
            return No(404, "The secret or the image was not found.");
        }

        var made = Enumerable.Range(0, PerPurchase).Select(_ =>
        {
            var server = new Rented
            {
                Id = 200_000 + ++_next,
                DisplayName = body.GetProperty("displayName").GetString()!,
                ImageId = body.GetProperty("imageId").GetString()!,
                Product = body.GetProperty("productId").GetString()!,
                Region = body.GetProperty("region").GetString()!,
                UserData = body.GetProperty("userData").GetString(),
                CreatedAt = Now,
            };
            server.Become(NewStatus, NewStatus == "provisioning" ? ["installing", "running"] : []);
            Servers.Add(server);
            Bought.Enqueue(server.DisplayName);
            return server;
        }).ToList()[0];
        return Done(
            new
            {
                tenantId = "INT", customerId = "1", instanceId = made.Id, createdDate = made.CreatedAt, imageId = made.ImageId, productId = made.Product, region = made.Region,
                addOns = Array.Empty<object>(), osType = "Linux", status = made.State, sshKeys = Array.Empty<long>(),
            },
            201);
    }

    private static bool IsStrong(string value)
    {
        var (digits, signs) = (value.Count(char.IsDigit), value.Count(c => "!@#$^&*?_~".Contains(c)));
        return value.Length >= 8 && value.Any(char.IsUpper) && value.Any(char.IsLower) && ((digits >= 1 && signs >= 2) || (digits >= 3 && signs >= 1));
    }

    private IResult On(long id, Func<Rented, IResult> act) => Servers.Find(server => server.Id == id) is { } server ? act(server) : No(404, "Instance not found");

    private static object Json(Rented server)
    {
        var isUp = server.State is not ("provisioning" or "pending_payment");
        var v4 = new { ip = isUp ? $"198.51.100.{server.Id % 250}" : "", netmaskCidr = 24, gateway = "198.51.100.1" };
        return new
        {
            tenantId = "INT", customerId = "1", additionalIps = Array.Empty<object>(), name = $"vmi{server.Id}", displayName = server.DisplayName, instanceId = server.Id, dataCenter = "European Union 1", region = server.Region,
            regionName = server.Region, productId = server.Product, imageId = server.ImageId, ipConfig = new { v4, v6 = new { ip = "2001:db8::1", netmaskCidr = 64, gateway = "fe80::1" } }, macAddress = "00:50:56:00:00:01",
            ramMb = 8192, cpuCores = 4, osType = "Linux", diskMb = 76800, sshKeys = Array.Empty<long>(), createdDate = server.CreatedAt, cancelDate = server.CancelDate ?? "", status = server.State,
            vHostId = 1, vHostNumber = 1, vHostName = "m1", addOns = Array.Empty<object>(), productType = "nvme", productName = "VPS", defaultUser = "admin",
        };
    }

    private static object Image((string Id, string Name) image) => new
    {
        imageId = image.Id, tenantId = "INT", customerId = "1", name = image.Name, description = "", url = "", sizeMb = 1, uploadedSizeMb = 1, osType = "Linux", version = "", format = "qcow2",
        status = "downloaded", errorMessage = "", standardImage = true, creationDate = "2026-01-01T00:00:00Z", lastModifiedDate = "2026-01-01T00:00:00Z", tags = Array.Empty<object>(),
    };

    private object Secret(int id) => new { tenantId = "INT", customerId = "1", secretId = id, name = Secrets[id].Name, type = "password", value = "hidden", createdAt = Now, updatedAt = Now };

    private static IResult Page(IEnumerable<object> all, int total, int? page, int? size)
    {
        var (at, many) = (page ?? 1, size ?? 10);
        return Results.Json(new
        {
            _pagination = new { size = many, totalElements = total, totalPages = Math.Max(1, (total + many - 1) / many), page = at },
            data = all.Skip((at - 1) * many).Take(many),
            _links = new { self = "/", first = "/", last = "/" },
        });
    }

    private static IResult Done(object one, int status) => Results.Json(new { data = new[] { one }, _links = new { self = "/" } }, statusCode: status);

    private static IResult No(int status, string message) => Results.Json(new { message, statusCode = status }, statusCode: status);

    public sealed class Rented : Moving
    {
        public long Id { get; init; }

        public string DisplayName { get; set; } = "";

        public string ImageId { get; set; } = "";

        public string Product { get; init; } = "";

        public string Region { get; init; } = "";

        public string? UserData { get; set; }

        public string? CancelDate { get; set; }

        public int Wiped { get; set; }

        public DateTimeOffset CreatedAt { get; init; }
    }
}
