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
        using var cli = new SpoqCli();
        using var client = server.NewClient();
        var version = (await client.GetFromJsonAsync<JsonElement>("/health")).GetProperty("version").GetString()!;
        Assert.Matches(@"^\d+\.\d+\.\d+[^+]*$", version);

        var plain = await cli.RunAsync("status", "--url", $"{server.BaseUrl}");
        var json = await cli.RunAsync("status", "--json", "--url", $"{server.BaseUrl}");

        Assert.Equal((0, $"ok {version}"), (plain.ExitCode, plain.Output));
        var told = JsonDocument.Parse(json.Output).RootElement;
        Assert.Equal(("ok", version), (told.GetProperty("state").GetString(), told.GetProperty("version").GetString()));
    }

    [Fact]
    public async Task Nobody_there_is_a_network_failure()
    {
        using var cli = new SpoqCli(new Uri("http://127.0.0.1:1"));
        foreach (var command in new[] { "status", "init" })
        {
            var told = await cli.RunAsync(command);

            Assert.Equal((4, ""), (told.ExitCode, told.Output));
            Assert.Contains("cannot be reached", told.Errors, StringComparison.Ordinal);
        }
    }
}
