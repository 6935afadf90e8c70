using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Dns;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Dns.Cloudflare;

/// <summary>
/// The zone at Cloudflare. A second record of the same name and type is legal there and sends half of the visitors elsewhere,
/// so nothing is created without looking, and there is exactly one record of ours afterwards. See developers.cloudflare.com/api.
/// </summary>
internal sealed class CloudflareZone(IHttpClientFactory clients, IOptions<CloudflareOptions> options, TimeProvider clock) : IDnsZone
{
    public const string Key = "cloudflare";

    /// <summary>In the comment of every record of ours; one without it belongs to a person and is left alone.</summary>
    public const string Mark = "spoq-instance";

    /// <summary>The shortest that every zone may have.</summary>
    private const int Ttl = 60;

    private const int AlreadyThere = 81057;
    private const int IdenticalThere = 81058;
    private const int ClashWithAddress = 81053;
    private const int ClashWithAlias = 81054;
    private const int NoSuchRecord = 81044;

    /// <summary>Bad or insufficient tokens; they come with 400 too.</summary>
    private static readonly int[] s_denied = [10000, 9109, 6003];

    private static readonly string[] s_addressTypes = ["A", "AAAA"];
    private static readonly TimeSpan s_zoneCheck = TimeSpan.FromMinutes(10);

    private readonly VendorHttp _http = new(clients, clock, Key, "Cloudflare");
    private DateTimeOffset _activeUntil;

    public TimeSpan Memory => TimeSpan.FromSeconds(Ttl);

    public async Task<string?> FindAsync(string hostname, CancellationToken cancellationToken)
    {
        foreach (var type in s_addressTypes)
        {
            // Several are one too many: told as they are, they equal no address, and the next write puts it right.
            var ours = (await ListAsync(hostname, type, cancellationToken)).Where(IsOurs).Select(record => record.Content).ToList();
            if (ours.Count > 0)
            {
                return string.Join(", ", ours);
            }
        }

        return null;
    }

    public async Task UpsertAsync(string hostname, string address, CancellationToken cancellationToken)
    {
        await RequireActiveAsync(cancellationToken);
        var type = IPAddress.Parse(address).AddressFamily == AddressFamily.InterNetworkV6 ? "AAAA" : "A";
        var there = await ListAsync(hostname, type, cancellationToken);
        if (there.Any(record => !IsOurs(record)))
        {
            throw InUse(hostname);
        }

        var wanted = new CloudflareWrite(type, hostname, address, Ttl, Proxied: false, Mark);
        if (there.Count == 0)
        {
            await WriteAsync(HttpMethod.Post, "", wanted, cancellationToken);
            return;
        }

        // Duplicates go first: changed into the same content they could not be told apart, and the vendor refuses it.
        var kept = there.FirstOrDefault(record => record.Content == address) ?? there[0];
        foreach (var extra in there.Where(record => record.Id != kept.Id))
        {
            await DeleteAsync(extra, cancellationToken);
        }

        if (kept is not { Ttl: Ttl, Proxied: not true } || kept.Content != address)
        {
            await WriteAsync(HttpMethod.Patch, $"/{kept.Id}", wanted, cancellationToken);
        }
    }

    public async Task RemoveAsync(string hostname, CancellationToken cancellationToken)
    {
        foreach (var type in s_addressTypes)
        {
            foreach (var record in (await ListAsync(hostname, type, cancellationToken)).Where(IsOurs))
            {
                await DeleteAsync(record, cancellationToken);
            }
        }
    }

    private static bool IsOurs(CloudflareRecord record) => record.Comment?.StartsWith(Mark, StringComparison.Ordinal) == true;

    private static ProviderException InUse(string hostname) =>
        new($"The zone already has another record named {hostname}; our people have to look.") { Code = "dns_name_in_use", IsFinal = true };

    private async Task<List<CloudflareRecord>> ListAsync(string hostname, string type, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Get, $"{Records}?type={type}&name={Uri.EscapeDataString(hostname)}&per_page=100", null, cancellationToken);
        var page = answer.Read(CloudflareJson.Default.CloudflareRecords);
        if (!page.Success || page.Result is null)
        {
            throw Unclear();
        }

        // Names come back fully qualified; whatever else a filter lets through is not what was asked for.
        return [.. page.Result.Where(record => record.Id is not null && record.Type == type && string.Equals(record.Name?.TrimEnd('.'), hostname, StringComparison.OrdinalIgnoreCase))];
    }

    private async Task WriteAsync(HttpMethod method, string record, CloudflareWrite wanted, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(method, Records + record, VendorHttp.Body(wanted, CloudflareJson.Default.CloudflareWrite), cancellationToken);
        var codes = CodesOf(answer);
        if (codes.Contains(ClashWithAddress) || codes.Contains(ClashWithAlias))
        {
            throw InUse(wanted.Name);
        }

        if (codes.Contains(AlreadyThere) || codes.Contains(IdenticalThere) || codes.Contains(NoSuchRecord))
        {
            // Somebody was quicker, or the answer to our first try was lost: what stands there now decides.
            var now = await ListAsync(wanted.Name, wanted.Type, cancellationToken);
            if (now is [var only] && IsOurs(only) && only.Content == wanted.Content)
            {
                return;
            }

            throw new ProviderException("The address record changed while it was written.") { Code = "dns_changed", WaitFor = TimeSpan.FromSeconds(2) };
        }

        if (!answer.Read(CloudflareJson.Default.CloudflareVerdict).Success)
        {
            throw Unclear();
        }
    }

    private async Task DeleteAsync(CloudflareRecord record, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(HttpMethod.Delete, $"{Records}/{record.Id}", null, cancellationToken);
        if (!answer.IsMissing && !CodesOf(answer).Contains(NoSuchRecord))
        {
            answer.Require();
        }
    }

    /// <summary>Records of a zone that is not active resolve nowhere: better to wait here, with a reason, than for an answer that cannot come.</summary>
    private async Task RequireActiveAsync(CancellationToken cancellationToken)
    {
        if (clock.GetUtcNow() < _activeUntil)
        {
            return;
        }

        var zone = await FindZoneAsync(cancellationToken);
        if (zone is not { Status: "active" } || zone.Paused == true)
        {
            var reason = zone is null ? "Our key does not reach the zone of our addresses at Cloudflare." : "The zone of our addresses is not active at Cloudflare yet.";
            throw new ProviderException(reason) { Code = "zone_inactive", WaitFor = TimeSpan.FromMinutes(1) };
        }

        _activeUntil = clock.GetUtcNow() + s_zoneCheck;
    }

    private async Task<CloudflareZoneInfo?> FindZoneAsync(CancellationToken cancellationToken)
    {
        for (var page = 1; page <= 20; page++)
        {
            var zones = (await SendAsync(HttpMethod.Get, $"zones?per_page=50&page={page}", null, cancellationToken)).Read(CloudflareJson.Default.CloudflareZones);
            if (!zones.Success || zones.Result is null)
            {
                throw Unclear();
            }

            if (zones.Result.FirstOrDefault(zone => zone.Id == options.Value.ZoneId) is { } found)
            {
                return found;
            }

            if (zones.Result.Length < 50)
            {
                break;
            }
        }

        return null;
    }

    private string Records => $"zones/{options.Value.ZoneId}/dns_records";

    private async Task<VendorAnswer> SendAsync(HttpMethod method, string path, HttpContent? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Value.ApiToken);
        var answer = await _http.SendAsync(request, cancellationToken);
        return CodesOf(answer).Any(s_denied.Contains) ? throw (answer with { Status = HttpStatusCode.Forbidden }).Refused() : answer;
    }

    private static int[] CodesOf(VendorAnswer answer) =>
        answer.IsFine ? [] : answer.TryRead(CloudflareJson.Default.CloudflareVerdict)?.Errors?.Select(error => error.Code).ToArray() ?? [];

    private static ProviderException Unclear() => new("Cloudflare answers something else than it should.") { Code = "provider_unreadable", WaitFor = TimeSpan.FromSeconds(15) };
}
