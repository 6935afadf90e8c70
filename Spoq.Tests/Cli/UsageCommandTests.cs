using System.Net;
using System.Text.Json;
using Npgsql;
using Spoq.Tests.Ai.Reports;
using Spoq.Tests.Support;

namespace Spoq.Tests.Cli;

public sealed class UsageCommandTests
{
    [Fact]
    public async Task Usage_says_what_was_used_and_what_is_left_as_the_books_have_it()
    {
        var server = await SpoqServer.SharedAsync();
        using var cli = new SpoqCli(server.BaseUrl);
        using var customer = await ApiClient.SignedUpAsync(server);
        await using (var source = NpgsqlDataSource.Create(server.ConnectionString))
        {
            await Usage.FillAsync(source, customer.AccountId, TimeProvider.System.GetUtcNow(), days: 1);
        }

        using var capped = await customer.SendAsync(HttpMethod.Put, "/v1/usage/cap", new { monthly_cap_microdollars = 25_500_000 });
        Assert.Equal(HttpStatusCode.OK, capped.StatusCode);
        var signedIn = await CliWorld.SignInAsync(server, customer.Email, cli);
        Assert.True(signedIn.ExitCode == 0, signedIn.Errors);
        var truth = await customer.ReadAsync("/v1/usage/remaining");

        var plain = await cli.RunAsync("usage");
        var json = await cli.RunAsync("usage", "--json");

        Assert.True(plain.ExitCode == 0, plain.Errors);
        Assert.Contains("Monthly cap", plain.Output, StringComparison.Ordinal);
        Assert.Contains("$25.50", plain.Output, StringComparison.Ordinal);
        Assert.Contains(truth.GetProperty("used_tokens").GetInt64().ToString("N0", System.Globalization.CultureInfo.InvariantCulture), plain.Output, StringComparison.Ordinal);
        var told = JsonDocument.Parse(json.Output).RootElement;
        Assert.True(told.GetProperty("used_tokens").GetInt64() > 0);
        Assert.Equal(truth.GetProperty("remaining_microdollars").GetInt64(), told.GetProperty("remaining_microdollars").GetInt64());
    }
}
