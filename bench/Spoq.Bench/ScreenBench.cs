using System.Diagnostics;
using Microsoft.Playwright;
using Npgsql;
using Spoq.Tests.Stories;
using Spoq.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Spoq.Bench;

/// <summary>From the commit of an instance's change to the customer's screen, against a bare LISTEN/NOTIFY in the same run.</summary>
internal static class ScreenBench
{
    private const int Rounds = 40;

    public static async Task RunAsync()
    {
        await using var server = await SpoqServer.NewAsync();
        var customer = new Customer(await Browser.NewPageAsync([]), server);
        await customer.GetComputerAsync();
        await customer.GoLiveAsync("/dashboard");
        await Expect(customer.Page.GetByText("Running").First).ToBeVisibleAsync();
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        var (bare, screen) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            bare.Add(await NoticeAsync(source));
            screen.Add(await ShownAsync(source, customer.Page, $"9.{round}.{Random.Shared.Next(1000)}"));
        }

        Console.WriteLine($"bare LISTEN/NOTIFY: p50 {bare.Median():0.0} ms, p95 {bare.Percentile(0.95):0.0} ms");
        Console.WriteLine($"change to screen:   p50 {screen.Median():0.0} ms, p95 {screen.Percentile(0.95):0.0} ms (goal: 1000 ms)");
        Console.WriteLine($"ratio at p50: {screen.Median() / bare.Median():0.0} ({Rounds} interleaved rounds)");
    }

    private static async Task<double> NoticeAsync(NpgsqlDataSource source)
    {
        await using var listener = await source.OpenConnectionAsync();
        await using (var listen = new NpgsqlCommand("listen bench", listener))
        {
            await listen.ExecuteNonQueryAsync();
        }

        var watch = Stopwatch.StartNew();
        await using var notify = source.CreateCommand("select pg_notify('bench', '')");
        var waiting = listener.WaitAsync();
        await notify.ExecuteNonQueryAsync();
        await waiting;
        return watch.Elapsed.TotalMilliseconds;
    }

    /// <summary>The Conductor's version is on the card; the page is asked by a script of its own, in its own clock.</summary>
    private static async Task<double> ShownAsync(NpgsqlDataSource source, IPage page, string version)
    {
        var shown = page.WaitForFunctionAsync("text => document.body.innerText.includes(text)", version, new() { PollingInterval = 1 });
        await using var change = source.CreateCommand("""
            with changed as (update instances set conductor_version = $1 where state = 'running' returning id)
            select pg_notify('instance_changed', id::text) from changed
            """);
        change.Parameters.Add(new() { Value = version });
        var watch = Stopwatch.StartNew();
        await change.ExecuteNonQueryAsync();
        await shown;
        return watch.Elapsed.TotalMilliseconds;
    }
}
