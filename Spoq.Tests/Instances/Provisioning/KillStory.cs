using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Providers.Local;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Provisioning;

/// <summary>
/// <c>kill -9</c> of the real server at every step boundary and at random moments: one Conductor for each paid
/// checkout, ending ready or visibly failed. <c>SPOQ_KILLS</c> sets how many (10; 50 for the long form).
/// </summary>
public sealed class KillStory
{

    [Fact]
    public async Task Killed_at_any_moment_each_paid_checkout_ends_with_one_conductor()
    {
        var kills = int.Parse(Environment.GetEnvironmentVariable("SPOQ_KILLS") ?? "10", CultureInfo.InvariantCulture);
        var boundaries = Road.Create.Steps();
        await using var server = await SpoqServer.NewAsync();
        await using var node = new NodeBeside(server);
        var chance = new Random(1);
        for (var kill = 0; kill < kills; kill++)
        {
            var account = await node.AddAccountAsync();
            var id = await Purchase.BuyAsync(node.Services, account);
            if (kill < boundaries.Count)
            {
                await node.UntilAsync(id, instance => instance.ReadyAt is not null || Reached(instance, boundaries[kill]), $"step {boundaries[kill]}");
            }
            else
            {
                await Task.Delay(chance.Next(0, 2500));
            }

            await server.KillAsync();
            await server.StartAsync();
            var instance = await node.UntilAsync(id, instance => instance.State is InstanceState.Running or InstanceState.Failed, $"kill {kill} to be survived");
            Assert.True(instance.State == InstanceState.Running || instance.ErrorMessage is not null);
            await AssertOneConductorAsync(node, server, instance);
            Assert.Null(await node.Services.GetRequiredService<InstanceService>().DeleteAsync(account, id, CancellationToken.None));
        }

        await node.UntilAsync(instances => instances.All(instance => instance.IsFinal), "everything to be deleted");
        Assert.Empty(server.ProcessesOfDataDirectory().Except([server.ProcessId]));
    }

    private static bool Reached(Instance instance, Step step) => instance.Step is { } at && Road.Create.Steps().ToList().IndexOf(at) >= Road.Create.Steps().ToList().IndexOf(step);

    private static async Task AssertOneConductorAsync(NodeBeside node, SpoqServer server, Instance instance)
    {
        var config = ConductorFolder.Of(server.DataDirectory, instance.Id).ConfigPath;
        await Eventually.TrueAsync(() => ConductorProcess.All(config).Count == 1, "exactly one Conductor");
        await using var db = node.NewContext();
        Assert.Equal(1, await db.Set<ProviderServer>().CountAsync(line => line.InstanceId == instance.Id));
    }
}
