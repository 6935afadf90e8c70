using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Spoq.Tests.Support;

namespace Spoq.Tests.Cli;

/// <summary>A control plane with somebody who owns a running computer, and their <c>spoq</c>, signed in as people do it.</summary>
public sealed partial class CliWorld : IAsyncLifetime
{
    internal SpoqServer Server { get; private set; } = null!;

    internal ApiClient Owner { get; private set; } = null!;

    internal SpoqCli Cli { get; private set; } = null!;

    internal string Hostname { get; private set; } = "";

    internal Guid ProfileId { get; private set; }

    public async Task InitializeAsync()
    {
        Server = await SpoqServer.NewAsync();
        Owner = await ApiClient.SignedUpAsync(Server);
        var address = $"c{Guid.NewGuid():n}"[..12];
        await DoneAsync("/api/setup/subdomain", new { subdomain = address });
        ProfileId = (await DoneAsync("/api/setup/profile", new { username = "ada" })).GetProperty("profile_id").GetGuid();
        using var ordered = await Owner.PostAsync("/v1/billing/subscribe", new { plan = "cloud", interval = "month" });
        var order = await ApiClient.JsonAsync(ordered, System.Net.HttpStatusCode.OK);
        await Owner.PayAsync(order);
        var path = $"/api/cloud/instances/{order.GetProperty("instance_id").GetGuid()}";
        await Eventually.TrueAsync(async () => (await Owner.ReadAsync(path)).GetProperty("status").GetString() == "running", "the computer to run", TimeSpan.FromSeconds(120));
        Hostname = $"{address}.localhost";
        Cli = new SpoqCli(Server.BaseUrl);
        var signedIn = await SignInAsync(Cli);
        Assert.True(signedIn.ExitCode == 0, signedIn.Errors);
    }

    public async Task DisposeAsync()
    {
        Cli.Dispose();
        Owner.Dispose();
        await Server.DisposeAsync();
    }

    /// <summary>Another machine of the same person.</summary>
    /// <param name="controlPlane">As it is reached from there; null: straight.</param>
    internal async Task<SpoqCli> NewMachineAsync(Uri? controlPlane = null)
    {
        var cli = new SpoqCli(controlPlane ?? Server.BaseUrl);
        var signedIn = await SignInAsync(cli);
        Assert.True(signedIn.ExitCode == 0, signedIn.Errors);
        return cli;
    }

    internal Task<Printed> SignInAsync(SpoqCli cli, string decision = "approve") => SignInAsync(Server, Owner.Email, cli, decision);

    internal static async Task<Printed> SignInAsync(SpoqServer server, string email, SpoqCli cli, string decision = "approve")
    {
        using var process = cli.Start("init");
        process.StandardInput.Close();
        var told = "";
        while (!Words().IsMatch(told) && await process.StandardError.ReadLineAsync() is { } line)
        {
            told += line + "\n";
        }

        using var person = new HttpVisitor(server);
        await person.LogInAsync(email);
        person.Http.DefaultRequestHeaders.Add("RequestVerificationToken", await person.FormTokenAsync("/dashboard/account"));
        using var decided = await person.Http.PostAsJsonAsync("/auth/authorize", new { user_code = Words().Match(told).Groups[1].Value, decision });
        Assert.True(decided.IsSuccessStatusCode, told);
        var end = await SpoqCli.EndAsync(process);
        return end with { Errors = told + end.Errors };
    }

    private async Task<JsonElement> DoneAsync(string path, object body)
    {
        using var answer = await Owner.PostAsync(path, body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    [GeneratedRegex("code=([A-Z]+-[A-Z]+-[A-Z]+)")]
    private static partial Regex Words();
}
