using System.Globalization;
using Microsoft.Extensions.Options;

namespace Spoq.Infrastructure.Instances.Providers.Hostinger;

/// <summary>The calls we use, as <c>developers.hostinger.com</c> publishes them.</summary>
internal sealed class HostingerApi(IHttpClientFactory clients, IOptions<HostingerOptions> options, TimeProvider clock)
{
    public const string Key = "hostinger";

    private const string Vps = "api/vps/v1";
    private const string Machines = Vps + "/virtual-machines";
    private const string Scripts = Vps + "/post-install-scripts";
    private const string Billing = "api/billing/v1";

    private readonly VendorHttp _http = new(clients, clock, Key, "Hostinger", () => options.Value.ApiKey);

    public async Task<HostingerVm[]> MachinesAsync(CancellationToken cancellationToken) =>
        (await _http.GetAsync(Machines, cancellationToken)).Read(HostingerJson.Default.HostingerVmArray);

    /// <summary>Null: there is none with this id (any more).</summary>
    public async Task<HostingerVm?> MachineAsync(string reference, CancellationToken cancellationToken)
    {
        var answer = await _http.GetAsync($"{Machines}/{reference}", cancellationToken);
        return answer.IsMissing ? null : answer.Read(HostingerJson.Default.HostingerVm);
    }

    public async Task<HostingerDataCenter[]> DataCentersAsync(CancellationToken cancellationToken) =>
        (await _http.GetAsync($"{Vps}/data-centers", cancellationToken)).Read(HostingerJson.Default.HostingerDataCenterArray);

    public async Task<HostingerTemplate[]> TemplatesAsync(CancellationToken cancellationToken) =>
        (await _http.GetAsync($"{Vps}/templates", cancellationToken)).Read(HostingerJson.Default.HostingerTemplateArray);

    public async Task<HostingerItem[]> CatalogAsync(CancellationToken cancellationToken) =>
        (await _http.GetAsync($"{Billing}/catalog?category=VPS", cancellationToken)).Read(HostingerJson.Default.HostingerItemArray);

    public async Task<HostingerSubscription?> SubscriptionAsync(string id, CancellationToken cancellationToken) =>
        (await _http.GetAsync($"{Billing}/subscriptions", cancellationToken)).Read(HostingerJson.Default.HostingerSubscriptionArray).FirstOrDefault(subscription => subscription.Id == id);

    public async Task<HostingerSubscription> StopRenewalAsync(string id, CancellationToken cancellationToken) =>
        (await _http.SendAsync(HttpMethod.Delete, $"{Billing}/subscriptions/{Uri.EscapeDataString(id)}/auto-renewal/disable", null, cancellationToken)).Read(HostingerJson.Default.HostingerSubscription);

    public async Task<HostingerSubscription> RenewAgainAsync(string id, CancellationToken cancellationToken) =>
        (await _http.SendAsync(HttpMethod.Patch, $"{Billing}/subscriptions/{Uri.EscapeDataString(id)}/auto-renewal/enable", null, cancellationToken)).Read(HostingerJson.Default.HostingerSubscription);

    public async Task<HostingerPurchased> PurchaseAsync(HostingerPurchase purchase, CancellationToken cancellationToken) =>
        (await _http.SendAsync(HttpMethod.Post, Machines, VendorHttp.Body(purchase, HostingerJson.Default.HostingerPurchase), cancellationToken)).Read(HostingerJson.Default.HostingerPurchased);

    public async Task<HostingerVm> SetUpAsync(long id, HostingerInstallation setup, CancellationToken cancellationToken) =>
        (await _http.SendAsync(HttpMethod.Post, $"{Machines}/{Text(id)}/setup", VendorHttp.Body(setup, HostingerJson.Default.HostingerInstallation), cancellationToken)).Read(HostingerJson.Default.HostingerVm);

    /// <param name="id">The machine's.</param>
    /// <param name="action"><c>start</c> or <c>stop</c>.</param>
    /// <param name="cancellationToken">Stops waiting for the answer.</param>
    public async Task PowerAsync(long id, string action, CancellationToken cancellationToken) =>
        (await _http.SendAsync(HttpMethod.Post, $"{Machines}/{Text(id)}/{action}", null, cancellationToken)).Require();

    public async Task RecreateAsync(long id, HostingerRecreate recreate, CancellationToken cancellationToken) =>
        (await _http.SendAsync(HttpMethod.Post, $"{Machines}/{Text(id)}/recreate", VendorHttp.Body(recreate, HostingerJson.Default.HostingerRecreate), cancellationToken)).Require();

    public async Task RenameAsync(long id, string hostname, CancellationToken cancellationToken) =>
        (await _http.SendAsync(HttpMethod.Put, $"{Machines}/{Text(id)}/hostname", VendorHttp.Body(new HostingerHostname(hostname), HostingerJson.Default.HostingerHostname), cancellationToken)).Require();

    public async Task<IReadOnlyList<HostingerScript>> ScriptsAsync(CancellationToken cancellationToken)
    {
        var all = new List<HostingerScript>();
        for (var page = 1; page <= 100; page++)
        {
            var answer = (await _http.GetAsync($"{Scripts}?page={Text(page)}", cancellationToken)).Read(HostingerJson.Default.HostingerScripts);
            all.AddRange(answer.Data ?? []);
            if (answer.Data is not { Length: > 0 } || all.Count >= (answer.Meta?.Total ?? 0))
            {
                break;
            }
        }

        return all;
    }

    public async Task<HostingerScript> AddScriptAsync(HostingerNewScript script, CancellationToken cancellationToken) =>
        (await _http.SendAsync(HttpMethod.Post, Scripts, VendorHttp.Body(script, HostingerJson.Default.HostingerNewScript), cancellationToken)).Read(HostingerJson.Default.HostingerScript);

    public Task RemoveScriptAsync(long id, CancellationToken cancellationToken) => _http.DeleteAsync($"{Scripts}/{Text(id)}", cancellationToken);

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
