using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Spoq.Tests.Emulators.Cloudflare;

/// <summary>One zone at Cloudflare: several address records of one name are legal, identical ones and aliases beside them are not.</summary>
internal sealed class CloudflareEmulator(TimeProvider clock) : VendorEmulator(clock, "cloudflare.json")
{
    public const string ApiToken = "cloudflare-token";
    public const string ZoneId = "023e105f4ecef8ad9ca31a8372d0c353";

    private int _next;

    public static async Task<CloudflareEmulator> NewAsync(TimeProvider clock)
    {
        var vendor = new CloudflareEmulator(clock);
        await vendor.StartAsync();
        return vendor;
    }

    public List<Entry> Records { get; } = [];

    /// <summary>When a name lost its last record.</summary>
    public Dictionary<string, DateTimeOffset> RemovedAt { get; } = [];

    public string ZoneStatus { get; set; } = "active";

    /// <summary>Other zones that the token reaches, listed first.</summary>
    public int OtherZones { get; set; }

    /// <summary>Answers a bad token as that: with 400.</summary>
    public bool IsTokenRevoked { get; set; }

    protected override string Prefix => "/client/v4";

    public Entry Add(string name, string type, string content, string? comment = null)
    {
        var entry = new Entry($"r{++_next:d31}", name, type, content, 300, true, comment);
        Records.Add(entry);
        return entry;
    }

    protected override IResult? Refuse(HttpRequest request) =>
        IsTokenRevoked ? No(400, 6003, "Invalid request headers")
        : request.Headers.Authorization != $"Bearer {ApiToken}" ? No(403, 10000, "Authentication error")
        : null;

    protected override void Map(WebApplication app)
    {
        var zones = app.MapGroup(Prefix + "/zones");
        zones.MapGet("", (int? page) => Yes(Zones().Skip(((page ?? 1) - 1) * 50).Take(50).ToArray()));
        var records = zones.MapGroup(ZoneId + "/dns_records");
        records.MapGet("", (string? name, string? type) =>
        {
            var found = Records.Where(entry => (name is null || entry.Name == name) && (type is null || entry.Type == type)).Select(Json).ToArray();
            return Results.Json(new { success = true, errors = Array.Empty<object>(), messages = Array.Empty<object>(), result = found, result_info = new { page = 1, per_page = 100, count = found.Length, total_count = found.Length } });
        });
        records.MapPost("", (JsonElement body) => Write(body, new Entry("", "", "", "", 1, false, null), null));
        records.MapPatch("/{id}", (string id, JsonElement body) => Records.Find(entry => entry.Id == id) is { } entry ? Write(body, entry, entry) : No(404, 81044, "Record does not exist."));
        records.MapDelete("/{id}", (string id) => Records.Find(entry => entry.Id == id) is { } entry ? Remove(entry) : No(404, 81044, "Record does not exist."));
    }

    private IResult Remove(Entry entry)
    {
        Records.Remove(entry);
        RemovedAt[entry.Name] = Now;
        return Results.Json(new { result = new { id = entry.Id } });
    }

    private IResult Write(JsonElement body, Entry before, Entry? replaced)
    {
        string Text(string name, string otherwise) => body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : otherwise;
        var entry = before with
        {
            Name = Text("name", before.Name),
            Type = Text("type", before.Type),
            Content = Text("content", before.Content),
            Comment = Text("comment", before.Comment ?? ""),
            Ttl = body.TryGetProperty("ttl", out var ttl) ? ttl.GetInt32() : before.Ttl,
            IsProxied = body.TryGetProperty("proxied", out var proxied) ? proxied.GetBoolean() : before.IsProxied,
        };
        var others = Records.Where(other => other.Name == entry.Name && other != replaced).ToList();
        if (!IPAddress.TryParse(entry.Content, out _) || (entry.Ttl != 1 && entry.Ttl is < 60 or > 86400))
        {
            return No(400, 9005, "Content for A record must be a valid IPv4 address, or the TTL is out of range.");
        }

        if (others.Any(other => other.Type == "CNAME"))
        {
            return No(400, 81053, "An A, AAAA, or CNAME record with that host already exists.");
        }

        if (others.Any(other => other.Type == entry.Type && other.Content == entry.Content))
        {
            return No(400, 81058, "An identical record already exists.");
        }

        if (replaced is null)
        {
            entry = entry with { Id = $"r{(++_next).ToString("d31", CultureInfo.InvariantCulture)}" };
        }
        else
        {
            Records.Remove(replaced);
        }

        Records.Add(entry);
        return Yes(Json(entry));
    }

    private IEnumerable<object> Zones() => Enumerable.Range(0, OtherZones).Select(at => Zone($"{at:d32}", $"zone{at}.example", "active")).Append(Zone(ZoneId, "spoq.example", ZoneStatus));

    private static object Zone(string id, string name, string status) => new
    {
        id, name, status, paused = false, type = "full", account = new { id = "1", name = "spoq" }, activated_on = (string?)null, created_on = "2026-01-01T00:00:00Z", development_mode = 0,
        meta = new { }, modified_on = "2026-01-01T00:00:00Z", name_servers = Array.Empty<string>(), original_dnshost = (string?)null, original_name_servers = Array.Empty<string>(),
        original_registrar = (string?)null, owner = new { id = "1", name = "spoq", type = "user" },
    };

    private static object Json(Entry entry) => new
    {
        id = entry.Id, name = entry.Name, type = entry.Type, content = entry.Content, ttl = entry.Ttl, proxied = entry.IsProxied, proxiable = true, comment = entry.Comment, tags = Array.Empty<string>(),
        settings = new { }, meta = new { }, created_on = "2026-01-01T00:00:00Z", modified_on = "2026-01-01T00:00:00Z",
    };

    private static IResult Yes(object result) => Results.Json(new { success = true, errors = Array.Empty<object>(), messages = Array.Empty<object>(), result });

    private static IResult No(int status, int code, string message) =>
        Results.Json(new { success = false, errors = new[] { new { code, message } }, messages = Array.Empty<object>(), result = (object?)null }, statusCode: status);

    public sealed record Entry(string Id, string Name, string Type, string Content, int Ttl, bool IsProxied, string? Comment);
}
