using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Access;
using Spoq.Core.Ai.Usage;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Tests.Cli;
using Spoq.Tests.Instances.Provisioning;
using Spoq.Tests.Support;

namespace Spoq.Tests.Conductor;

/// <summary>A computer asks models with a key of its own, and its owner pays.</summary>
public sealed class InstanceKeyTests(CliWorld world) : IClassFixture<CliWorld>
{
    [Fact]
    public async Task An_ask_is_one_usage_event_of_its_owner_under_the_computers_name()
    {
        await using var node = new NodeBeside(world.Server);
        var computer = await ComputerAsync(node);
        await KeyOfAsync(computer.Id);
        Assert.Empty(await EventsAsync(node));

        var told = await world.Cli.RunAsync("ask", "--json", "one two three");

        Assert.Equal("one two three", JsonDocument.Parse(told.Output).RootElement.GetProperty("text").GetString());
        await Eventually.TrueAsync(async () => (await EventsAsync(node)).Count > 0, "the usage to be in the books");
        var made = Assert.Single(await EventsAsync(node));
        Assert.Equal((computer.Id, "spoq-echo", 3L, 200), (made.ApiKeyId, made.Model, made.OutputTokens, made.Status));

        // Tools are a loop: each step is a request of its own.
        var acted = await world.Cli.RunAsync("ask", "--approve", "auto", "--json", "/tool write {\"path\":\"a.txt\",\"content\":\"by the agent\"}\n/tool read {\"path\":\"a.txt\"}");
        Assert.Contains("by the agent", JsonDocument.Parse(acted.Output).RootElement.GetProperty("text").GetString(), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => (await EventsAsync(node)).Count == 4, "three more");
    }

    [Fact]
    public async Task Its_key_is_none_of_its_owners_keys_and_ends_with_the_computer()
    {
        await using var node = new NodeBeside(world.Server);
        var second = await Purchase.BuyAsync(node.Services, await node.AddAccountAsync());
        var computer = await node.UntilAsync(second, one => one.State == InstanceState.Running, "a second computer");
        var secret = await KeyOfAsync(second);
        var keys = node.Services.GetRequiredService<ApiKeyService>();
        await using var db = node.NewContext();
        var row = await db.Set<ApiKey>().AsNoTracking().SingleAsync(key => key.Id == second);

        Assert.Equal((Scopes.Ai, computer.Hostname, computer.AccountId), (row.Scope, row.Name, row.AccountId));
        Assert.Equal(ApiKey.Hash(secret), row.SecretHash);
        Assert.Empty(await keys.ListAsync(computer.AccountId, null, 100, CancellationToken.None));
        Assert.Same(ApiKeyRefusals.NotFound, await keys.RevokeAsync(computer.AccountId, second, new Caller(null, null), CancellationToken.None));
        Assert.Equal(HttpStatusCode.OK, await ModelsAsync(secret));

        await node.Services.GetServices<IProvisioningStep>().Single(step => step.Step == Step.RevokeAccess).AttemptAsync(computer, CancellationToken.None);

        await Eventually.TrueAsync(async () => await ModelsAsync(secret) == HttpStatusCode.Unauthorized, "the key to be refused");
    }

    private async Task<Instance> ComputerAsync(NodeBeside node)
    {
        await using var db = node.NewContext();
        return await db.Instances.AsNoTracking().SingleAsync(instance => instance.Hostname == world.Hostname);
    }

    /// <summary>Read where only the computer may read.</summary>
    private async Task<string> KeyOfAsync(Guid instanceId)
    {
        var file = Path.Combine(world.Server.DataDirectory, "instances", instanceId.ToString(), "desired.json");
        DesiredModel? model = null;
        await Eventually.TrueAsync(
            () => (model = File.Exists(file) ? JsonSerializer.Deserialize(File.ReadAllText(file), WireJson.Default.DesiredState)!.Model : null) is not null, "the computer to have a model");
        return model!.Key;
    }

    private async Task<List<UsageEvent>> EventsAsync(NodeBeside node)
    {
        await using var db = node.NewContext();
        return await db.Set<UsageEvent>().AsNoTracking().Where(one => one.AccountId == world.Owner.AccountId).ToListAsync();
    }

    private async Task<HttpStatusCode> ModelsAsync(string key)
    {
        using var client = world.Server.NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        using var answer = await client.GetAsync(new Uri("/v1/models", UriKind.Relative));
        return answer.StatusCode;
    }
}
