using System.Net;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Providers.Fly;

/// <summary>The calls we use of <c>api.machines.dev</c>.</summary>
internal sealed class FlyApi(IHttpClientFactory clients, IOptions<FlyOptions> options, TimeProvider clock)
{
    public const string Key = "fly";

    private readonly VendorHttp _http = new(clients, clock, Key, "Fly.io", () => options.Value.ApiToken);

    public async Task<IReadOnlyList<FlyApp>> AppsAsync(CancellationToken cancellationToken)
    {
        var all = new List<FlyApp>();
        string? cursor = null;
        for (var page = 0; page < 100; page++)
        {
            var next = cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}";
            var answer = (await _http.GetAsync($"v1/apps?org_slug={Uri.EscapeDataString(options.Value.Organization)}&limit=200{next}", cancellationToken)).Read(FlyJson.Default.FlyApps);
            all.AddRange(answer.Apps ?? throw Unclear());
            if (string.IsNullOrEmpty(answer.NextCursor) || answer.NextCursor == cursor)
            {
                break;
            }

            cursor = answer.NextCursor;
        }

        return all;
    }

    /// <summary>Null: the name is free.</summary>
    public async Task<FlyApp?> AppAsync(string app, CancellationToken cancellationToken)
    {
        var answer = await _http.GetAsync($"v1/apps/{app}", cancellationToken);
        return answer.IsMissing ? null : answer.Read(FlyJson.Default.FlyApp);
    }

    /// <summary>The same key and name give the first app back. False: the name is taken, by us or by somebody else.</summary>
    public async Task<bool> AddAppAsync(string app, CancellationToken cancellationToken)
    {
        var body = VendorHttp.Body(new FlyNewApp(app, options.Value.Organization, app), FlyJson.Default.FlyNewApp);
        var answer = await _http.SendAsync(HttpMethod.Post, "v1/apps?wait=true", body, cancellationToken);
        if (answer.Status == HttpStatusCode.UnprocessableEntity && answer.TryRead(FlyJson.Default.FlyError)?.Status == "name_taken")
        {
            return false;
        }

        answer.Require();
        return true;
    }

    public Task RemoveAppAsync(string app, CancellationToken cancellationToken) => _http.DeleteAsync($"v1/apps/{app}", cancellationToken);

    public async Task<FlyIp[]> IpsAsync(string app, CancellationToken cancellationToken)
    {
        var answer = await _http.GetAsync($"v1/apps/{app}/ip_assignments", cancellationToken);
        return answer.IsMissing ? [] : answer.Read(FlyJson.Default.FlyIps).Ips ?? [];
    }

    public async Task AddIpAsync(string app, string type, CancellationToken cancellationToken) =>
        (await _http.SendAsync(HttpMethod.Post, $"v1/apps/{app}/ip_assignments", VendorHttp.Body(new FlyNewIp(type), FlyJson.Default.FlyNewIp), cancellationToken)).Require();

    public async Task<FlyVolume[]> VolumesAsync(string app, CancellationToken cancellationToken)
    {
        var answer = await _http.GetAsync($"v1/apps/{app}/volumes", cancellationToken);
        return answer.IsMissing ? [] : answer.Read(FlyJson.Default.FlyVolumeArray);
    }

    public async Task<FlyVolume> AddVolumeAsync(string app, FlyNewVolume volume, CancellationToken cancellationToken) =>
        Placed(await _http.SendAsync(HttpMethod.Post, $"v1/apps/{app}/volumes", VendorHttp.Body(volume, FlyJson.Default.FlyNewVolume), cancellationToken), volume.Region).Read(FlyJson.Default.FlyVolume);

    public Task RemoveVolumeAsync(string app, string id, CancellationToken cancellationToken) => _http.DeleteAsync($"v1/apps/{app}/volumes/{id}", cancellationToken);

    public async Task<FlyMachine[]> MachinesAsync(string app, CancellationToken cancellationToken)
    {
        var answer = await _http.GetAsync($"v1/apps/{app}/machines", cancellationToken);
        return answer.IsMissing ? [] : answer.Read(FlyJson.Default.FlyMachineArray);
    }

    public async Task<FlyMachine> AddMachineAsync(string app, FlyNewMachine machine, CancellationToken cancellationToken) =>
        Placed(await _http.SendAsync(HttpMethod.Post, $"v1/apps/{app}/machines", VendorHttp.Body(machine, FlyJson.Default.FlyNewMachine), cancellationToken), machine.Region).Read(FlyJson.Default.FlyMachine);

    public async Task UpdateMachineAsync(string app, string id, FlyMachineUpdate update, CancellationToken cancellationToken) =>
        Placed(await _http.SendAsync(HttpMethod.Post, $"v1/apps/{app}/machines/{id}", VendorHttp.Body(update, FlyJson.Default.FlyMachineUpdate), cancellationToken), "its region").Require();

    public async Task ExtendVolumeAsync(string app, string id, int sizeGb, CancellationToken cancellationToken) =>
        Placed(await _http.SendAsync(HttpMethod.Put, $"v1/apps/{app}/volumes/{id}/extend", VendorHttp.Body(new FlyExtend(sizeGb), FlyJson.Default.FlyExtend), cancellationToken), "its region").Require();

    public async Task StartAsync(string app, string id, CancellationToken cancellationToken) =>
        Placed(await _http.SendAsync(HttpMethod.Post, $"v1/apps/{app}/machines/{id}/start", null, cancellationToken), "its region").Require();

    public async Task StopAsync(string app, string id, CancellationToken cancellationToken) =>
        (await _http.SendAsync(HttpMethod.Post, $"v1/apps/{app}/machines/{id}/stop", VendorHttp.Body(new FlyStop("SIGTERM", "20s"), FlyJson.Default.FlyStop), cancellationToken)).Require();

    public Task RemoveMachineAsync(string app, string id, CancellationToken cancellationToken) => _http.DeleteAsync($"v1/apps/{app}/machines/{id}?force=true", cancellationToken);

    public async Task<FlySecret[]> SecretsAsync(string app, CancellationToken cancellationToken)
    {
        var answer = await _http.GetAsync($"v1/apps/{app}/secrets", cancellationToken);
        return answer.IsMissing ? [] : answer.Read(FlyJson.Default.FlySecrets).Secrets ?? [];
    }

    /// <summary>What a machine must wait for, or it may boot without the secret.</summary>
    public async Task<int?> SetSecretAsync(string app, string name, string value, CancellationToken cancellationToken)
    {
        var set = (await _http.SendAsync(HttpMethod.Post, $"v1/apps/{app}/secrets/{name}", VendorHttp.Body(new FlyNewSecret(value), FlyJson.Default.FlyNewSecret), cancellationToken)).Read(FlyJson.Default.FlySecretSet);
        return set.Version ?? set.OlderSpelling;
    }

    public Task RemoveSecretAsync(string app, string name, CancellationToken cancellationToken) => _http.DeleteAsync($"v1/apps/{app}/secrets/{name}", cancellationToken);

    public async Task<FlyRegions> RegionsAsync(CancellationToken cancellationToken) =>
        (await _http.GetAsync("v1/platform/regions", cancellationToken)).Read(FlyJson.Default.FlyRegions);

    /// <summary>No room on one host is no refusal of the order: the next try lands on another.</summary>
    private static VendorAnswer Placed(VendorAnswer answer, string region) =>
        !answer.IsFine && answer.TryRead(FlyJson.Default.FlyError)?.Status is "insufficient_capacity" or "volume_placement_capacity"
            ? throw new ProviderException($"Fly.io has no room in {region} at the moment. If that does not change within minutes, choose another region.") { Code = "sold_out" }
            : answer;

    private static ProviderException Unclear() => new("Fly.io answers something else than it should.") { Code = "provider_unreadable", WaitFor = TimeSpan.FromSeconds(15) };
}
