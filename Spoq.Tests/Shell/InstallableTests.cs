using Spoq.Tests.Support;

namespace Spoq.Tests.Shell;

public sealed class InstallableTests
{
    [Fact]
    public async Task A_browser_offers_to_install_the_dashboard()
    {
        var server = await SpoqServer.SharedAsync();
        var profile = Directory.CreateTempSubdirectory("spoq-profile-").FullName;
        var context = await Browser.NewPersistentContextAsync(profile);
        try
        {
            var page = context.Pages[0];
            await page.GotoAsync(server.BaseUrl.ToString());
            await page.EvaluateAsync("async () => { await navigator.serviceWorker.ready; }");

            var devTools = await context.NewCDPSessionAsync(page);
            var answer = await devTools.SendAsync("Page.getInstallabilityErrors");
            var manifest = await devTools.SendAsync("Page.getAppManifest");

            Assert.Equal(0, answer!.Value.GetProperty("installabilityErrors").GetArrayLength());
            Assert.Equal(0, manifest!.Value.GetProperty("errors").GetArrayLength());
        }
        finally
        {
            await context.CloseAsync();
            Directory.Delete(profile, recursive: true);
        }
    }

    [Fact]
    public async Task The_service_worker_keeps_no_page_no_circuit_and_no_answer()
    {
        var server = await SpoqServer.SharedAsync();
        var page = await Browser.NewPageAsync([]);
        await page.GotoAsync(server.BaseUrl.ToString());
        await page.EvaluateAsync("async () => { await navigator.serviceWorker.ready; }");
        foreach (var path in new[] { "/", "/pricing", "/login" })
        {
            await page.GotoAsync(new Uri(server.BaseUrl, path).ToString());
        }

        await page.EvaluateAsync("async () => { await fetch('/api/plans'); await fetch('/_blazor/negotiate', { method: 'POST' }); }");
        var kept = await page.EvaluateAsync<string[]>("async () => (await Promise.all((await caches.keys()).map(async name => (await (await caches.open(name)).keys()).map(one => new URL(one.url).pathname)))).flat()");

        Assert.Equal(["/favicon.svg", "/offline.css", "/offline.html", "/offline.js"], kept.Order(StringComparer.Ordinal));
    }
}
