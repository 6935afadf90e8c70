using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Spoq.Tests.Support;

namespace Spoq.Tests.Cli;

public sealed class StatusCommandTests
{
    [Fact]
    public async Task Status_prints_the_version_that_the_control_plane_tells()
    {
        var server = await SpoqServer.SharedAsync();
        using var client = server.NewClient();
        var version = (await client.GetFromJsonAsync<JsonElement>("/health")).GetProperty("version").GetString()!;
        Assert.Matches(@"^\d+\.\d+\.\d+[^+]*$", version);

        var plain = await RunAsync("status", "--url", $"{server.BaseUrl}");
        var json = await RunAsync("status", "--json", "--url", $"{server.BaseUrl}");

        Assert.Equal((0, $"ok {version}"), (plain.ExitCode, plain.Output));
        var told = JsonDocument.Parse(json.Output).RootElement;
        Assert.Equal(("ok", version), (told.GetProperty("state").GetString(), told.GetProperty("version").GetString()));
    }

    [Fact]
    public async Task Nobody_there_is_a_network_failure()
    {
        var told = await RunAsync("status", "--url", "http://127.0.0.1:1");

        Assert.Equal((4, ""), (told.ExitCode, told.Output));
        Assert.Contains("cannot be reached", told.Errors, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Repository.Built("Spoq.Cli", "spoq.dll"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output.Trim(), (await errors).Trim());
    }
}
