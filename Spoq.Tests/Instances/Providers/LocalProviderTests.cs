using System.Diagnostics;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Instances.Providers.Local;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Providers;

public sealed class LocalProviderTests : ServerProviderConformance, IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("spoq-local-").FullName;

    protected override IServerProvider Provider => NewProvider();

    [Fact]
    public async Task Many_orders_at_once_end_with_one_conductor()
    {
        var order = NewOrder();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => NewProvider().CreateAsync(order, CancellationToken.None))));
        await BecomesAsync(order.InstanceId.ToString(), ServerPower.Running);

        await Eventually.TrueAsync(() => Processes(order.InstanceId).Count == 1, "one Conductor to be left");
        await Provider.EndAsync(order.InstanceId.ToString(), CancellationToken.None);
    }

    [Fact]
    public async Task A_killed_conductor_shows_as_stopped_and_starts_again()
    {
        var order = NewOrder();
        await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(order.InstanceId.ToString(), ServerPower.Running);

        Assert.Single(Processes(order.InstanceId)).End();
        await BecomesAsync(order.InstanceId.ToString(), ServerPower.Stopped);
        await Provider.StartAsync(order.InstanceId.ToString(), CancellationToken.None);
        await BecomesAsync(order.InstanceId.ToString(), ServerPower.Running);

        Assert.Single(Processes(order.InstanceId));
        await Provider.EndAsync(order.InstanceId.ToString(), CancellationToken.None);
        Assert.Empty(Processes(order.InstanceId));
        Assert.False(Directory.Exists(FolderOf(order.InstanceId).Path));
    }

    [Fact]
    public async Task A_stranger_that_got_the_number_of_a_dead_conductor_is_left_alone()
    {
        using var stranger = Process.Start("sleep", ["60"]);
        var order = NewOrder();
        var folder = FolderOf(order.InstanceId);
        Directory.CreateDirectory(folder.Path);
        await File.WriteAllTextAsync(folder.ConfigPath, "{}");
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "run.json"), $$"""{"pid":{{stranger.Id}},"port":1,"started_at":"2026-03-02T12:00:00Z","version":"1"}""");

        var server = await Provider.FindAsync(order.InstanceId, CancellationToken.None);
        await Provider.EndAsync(order.InstanceId.ToString(), CancellationToken.None);

        Assert.Equal(ServerPower.Stopped, server!.Power);
        Assert.False(stranger.HasExited);
        stranger.Kill();
    }

    [Fact]
    public async Task The_data_folder_is_its_owners_alone()
    {
        var order = NewOrder();
        await Provider.CreateAsync(order, CancellationToken.None);
        var folder = FolderOf(order.InstanceId);

#pragma warning disable CA1416 // Linux only, as the provider is.
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.ConfigPath));
#pragma warning restore CA1416
        await Provider.EndAsync(order.InstanceId.ToString(), CancellationToken.None);
    }

    public void Dispose()
    {
        foreach (var reference in NewProvider().Running().ToList())
        {
            NewProvider().EndAsync(reference, CancellationToken.None).Wait();
        }

        Directory.Delete(_data, recursive: true);
    }

    private ConductorFolder FolderOf(Guid instanceId) => ConductorFolder.Of(_data, instanceId);

    private IReadOnlyList<ConductorProcess> Processes(Guid instanceId) => ConductorProcess.All(FolderOf(instanceId).ConfigPath);

    private LocalProvider NewProvider() => new(
        Options.Create(new SpoqOptions { BaseUrl = new Uri("http://localhost:5"), InstanceDomain = "localhost", DataDirectory = _data }),
        Options.Create(new LocalOptions { ConductorPath = Repository.Built("Spoq.Conductor", "Spoq.Conductor.dll") }));
}
