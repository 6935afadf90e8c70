using System.Reflection;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Instances.Providers.Container;
using Spoq.Tests.Instances.Providers;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Containers;

using Shell = Spoq.Tests.Instances.Kit.Shell;

/// <summary>The provider against a real engine, with a system that does nothing.</summary>
[Collection(EngineTests.Name)]
public sealed class ContainerProviderTests : IAsyncLifetime
{
    private ContainerOptions _options = null!;

    public static TheoryData<string> Conformance =>
        [.. typeof(ServerProviderConformance).GetMethods().Where(method => method.GetCustomAttribute<FactAttribute>() is not null).Select(method => method.Name)];

    [EngineTheory]
    [MemberData(nameof(Conformance))]
    public async Task It_keeps_to_what_every_provider_keeps_to(string rule)
    {
        var suite = new Suite(() => NewProvider());

        await (Task)typeof(ServerProviderConformance).GetMethod(rule)!.Invoke(suite, null)!;
    }

    [EngineFact]
    public async Task Many_orders_at_once_end_with_one_container_and_its_end_leaves_nothing()
    {
        var order = NewOrder();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => NewProvider().CreateAsync(order, CancellationToken.None)));

        var name = ContainerMark.NameOf(order.InstanceId);
        Assert.Equal([$"container {name}", $"network {name}", $"volume {name}"], Lines(await TestEngine.EverythingAsync(name)));
        Assert.Equal(new ListedServer(name, order.InstanceId, name, ServerPower.Running), Assert.Single(await NewProvider().ListAsync(CancellationToken.None)));
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => NewProvider().EndAsync(name, CancellationToken.None)));
        Assert.Empty(Lines(await TestEngine.EverythingAsync(name)));
    }

    [EngineFact]
    public async Task A_death_after_any_call_to_the_engine_is_finished_by_the_next_visit()
    {
        for (var calls = 1; ; calls++)
        {
            var order = NewOrder();
            var name = ContainerMark.NameOf(order.InstanceId);
            await using var passage = await DyingPassage.StartAsync(_options.SocketPath, calls);
            var dying = TestEngine.Provider(Copy(_options, passage.Socket));
            ProviderException? died = null;
            try
            {
                await dying.CreateAsync(order, CancellationToken.None);
            }
            catch (ProviderException no)
            {
                died = no;
            }

            var found = await NewProvider().FindAsync(order.InstanceId, CancellationToken.None) ?? await NewProvider().CreateAsync(order, CancellationToken.None);
            await NewProvider().StartAsync(found.Reference, CancellationToken.None);
            await BecomesAsync(name, ServerPower.Running);
            Assert.Equal([$"container {name}", $"network {name}", $"volume {name}"], Lines(await TestEngine.EverythingAsync(name)));
            await NewProvider().EndAsync(name, CancellationToken.None);
            Assert.Empty(Lines(await TestEngine.EverythingAsync(name)));
            if (died is null)
            {
                Assert.InRange(calls, 6, 20);
                return;
            }

            Assert.Equal("engine_away", died.Code);
        }
    }

    [EngineFact]
    public async Task A_computer_whose_container_was_taken_away_is_made_again_around_its_data()
    {
        var order = NewOrder();
        var name = (await NewProvider().CreateAsync(order, CancellationToken.None)).Reference;
        await Shell.CheckAsync($"{TestEngine.Podman} exec {name} /bin/dash -c 'echo kept >/home/note; echo lost >/tmp/note' && {TestEngine.Podman} rm -f -t 0 {name}");

        Assert.Equal(ServerPower.Stopped, (await NewProvider().FindAsync(order.InstanceId, CancellationToken.None))!.Power);
        await NewProvider().StartAsync(name, CancellationToken.None);
        await BecomesAsync(name, ServerPower.Running);

        Assert.Equal("kept\n", await Shell.CheckAsync($"{TestEngine.Podman} exec {name} /bin/cat /home/note"));
        Assert.NotEqual(0, (await Shell.RunAsync("sh", ["-c", $"{TestEngine.Podman} exec {name} /bin/cat /tmp/note"])).Code);
    }

    [EngineFact]
    public async Task A_computer_that_is_off_takes_the_newer_system_when_it_is_started()
    {
        var order = NewOrder();
        var name = (await NewProvider().CreateAsync(order, CancellationToken.None)).Reference;
        await Shell.CheckAsync($"{TestEngine.Podman} exec {name} /bin/dash -c 'echo kept >/home/note'");
        const string Newer = "localhost/spoq-test-newer:latest";
        await Shell.CheckAsync($"{TestEngine.Podman} commit -q --change LABEL=age=newer {name} {Newer}");
        var upgraded = TestEngine.Provider(await TestEngine.OptionsAsync(Newer));

        // One that runs is nobody's to interrupt.
        await upgraded.StartAsync(name, CancellationToken.None);
        Assert.Equal(TestEngine.IdleImage, (await ImageOfAsync(name)));
        await upgraded.StopAsync(name, CancellationToken.None);
        await upgraded.StartAsync(name, CancellationToken.None);

        Assert.Equal(Newer, await ImageOfAsync(name));
        Assert.Equal("kept\n", await Shell.CheckAsync($"{TestEngine.Podman} exec {name} /bin/cat /home/note"));
        await upgraded.EndAsync(name, CancellationToken.None);
        await Shell.CheckAsync($"{TestEngine.Podman} rmi {Newer}");
    }

    [EngineFact]
    public async Task It_is_held_to_its_size_and_may_do_next_to_nothing()
    {
        var name = (await NewProvider().CreateAsync(NewOrder() with { Size = new ServerSize(1, 2, 10) }, CancellationToken.None)).Reference;

        var said = Lines(await Shell.CheckAsync($$$"""
            {{{TestEngine.Podman}}} inspect {{{name}}} --format '{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.PidsLimit}} {{.HostConfig.Privileged}} {{.HostConfig.RestartPolicy.Name}}'
            {{{TestEngine.Podman}}} inspect {{{name}}} --format '{{range $port, $at := .NetworkSettings.Ports}}{{$port}} {{(index $at 0).HostIP}} {{end}}'
            pid=$({{{TestEngine.Podman}}} inspect {{{name}}} --format '{{.State.Pid}}')
            grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/$pid/status
            """));

        Assert.Equal("1000000000 2147483648 2147483648 1024 false unless-stopped", said[0]);
        Assert.Equal("22/tcp 127.0.0.1 8080/tcp 127.0.0.1 ", said[1]);

        // AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETGID SETUID SYS_CHROOT, by number.
        var allowed = new[] { 29, 0, 1, 3, 4, 5, 10, 6, 7, 18 }.Aggregate(0L, (mask, bit) => mask | (1L << bit));
        Assert.Equal([$"CapEff:\t{allowed:x16}", $"CapBnd:\t{allowed:x16}", "NoNewPrivs:\t1"], said[2..]);
    }

    [EngineFact]
    public async Task Another_size_keeps_the_data_also_when_it_is_made_anew_later()
    {
        var order = NewOrder() with { Size = new ServerSize(1, 2, 10) };
        var name = (await NewProvider().CreateAsync(order, CancellationToken.None)).Reference;
        await Shell.CheckAsync($"{TestEngine.Podman} exec {name} /bin/dash -c 'echo kept >/home/note'");
        await NewProvider().StopAsync(name, CancellationToken.None);

        await NewProvider().ResizeAsync(name, new ServerSize(2, 4, 20), CancellationToken.None);
        await NewProvider().ResizeAsync(name, new ServerSize(2, 4, 20), CancellationToken.None);

        Assert.Equal(ServerPower.Stopped, (await NewProvider().GetAsync(name, CancellationToken.None))!.Power);
        await NewProvider().StartAsync(name, CancellationToken.None);
        await BecomesAsync(name, ServerPower.Running);
        Assert.Equal("2000000000 4294967296", await LimitsAsync(name));
        Assert.Equal("kept\n", await Shell.CheckAsync($"{TestEngine.Podman} exec {name} /bin/cat /home/note"));
        Assert.Equal([$"container {name}", $"network {name}", $"volume {name}"], Lines(await TestEngine.EverythingAsync(name)));

        // Its container alone is taken away: what is made around the data has the size it had last.
        await Shell.CheckAsync($"{TestEngine.Podman} rm -f -t 0 {name}");
        await NewProvider().StartAsync(name, CancellationToken.None);
        await BecomesAsync(name, ServerPower.Running);
        Assert.Equal("2000000000 4294967296", await LimitsAsync(name));
    }

    [EngineFact]
    public async Task A_death_in_the_middle_of_a_change_of_size_is_finished_by_the_next_visit()
    {
        for (var calls = 1; ; calls++)
        {
            var order = NewOrder() with { Size = new ServerSize(1, 2, 10) };
            var name = (await NewProvider().CreateAsync(order, CancellationToken.None)).Reference;
            await using var passage = await DyingPassage.StartAsync(_options.SocketPath, calls);
            ProviderException? died = null;
            try
            {
                await TestEngine.Provider(Copy(_options, passage.Socket)).ResizeAsync(name, new ServerSize(1, 3, 10), CancellationToken.None);
            }
            catch (ProviderException no)
            {
                died = no;
            }

            await NewProvider().ResizeAsync(name, new ServerSize(1, 3, 10), CancellationToken.None);
            await NewProvider().StartAsync(name, CancellationToken.None);
            await BecomesAsync(name, ServerPower.Running);
            Assert.Equal("1000000000 3221225472", await LimitsAsync(name));
            await NewProvider().EndAsync(name, CancellationToken.None);
            Assert.Empty(Lines(await TestEngine.EverythingAsync(name)));
            if (died is null)
            {
                Assert.InRange(calls, 8, 20);
                return;
            }
        }
    }

    [EngineFact]
    public async Task A_full_machine_is_offered_to_nobody_and_refuses_for_good()
    {
        var order = NewOrder();
        var full = Copy(_options, _options.Socket);
        full.MaxInstances = 1;
        Assert.True(Assert.Single(await TestEngine.Provider(full).RegionsAsync(null, CancellationToken.None)).IsAvailable);
        await TestEngine.Provider(full).CreateAsync(order, CancellationToken.None);

        Assert.False(Assert.Single(await TestEngine.Provider(full).RegionsAsync(null, CancellationToken.None)).IsAvailable);
        var no = await Assert.ThrowsAsync<ProviderException>(() => TestEngine.Provider(full).CreateAsync(NewOrder(), CancellationToken.None));
        Assert.Equal(("sold_out", true), (no.Code, no.IsFinal));

        // What is there already takes no more room.
        Assert.Equal(ServerPower.Running, (await TestEngine.Provider(full).CreateAsync(order, CancellationToken.None)).Power);
    }

    [EngineFact]
    public async Task Without_its_image_or_its_engine_it_asks_for_patience()
    {
        var noImage = await Assert.ThrowsAsync<ProviderException>(async () => await TestEngine.Provider(await TestEngine.OptionsAsync("localhost/spoq-no-such:latest")).CreateAsync(NewOrder(), CancellationToken.None));
        var noEngine = await Assert.ThrowsAsync<ProviderException>(() => TestEngine.Provider(Copy(_options, "/run/spoq-no-such.sock")).FindAsync(Guid.CreateVersion7(), CancellationToken.None));

        Assert.Equal(("no_image", true), (noImage.Code, noImage.WaitFor > TimeSpan.Zero));
        Assert.Equal(("engine_away", true), (noEngine.Code, noEngine.WaitFor > TimeSpan.Zero));
    }

    [EngineFact]
    public async Task It_ends_nothing_that_is_not_ours()
    {
        await Shell.CheckAsync($"{TestEngine.Podman} run -d --name stranger --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 {TestEngine.IdleImage}");

        Assert.Empty(await NewProvider().ListAsync(CancellationToken.None));
        var no = await Assert.ThrowsAsync<ProviderException>(() => NewProvider().EndAsync("stranger", CancellationToken.None));

        Assert.Equal("not_ours", no.Code);
        Assert.Equal("container stranger", Assert.Single(Lines(await TestEngine.EverythingAsync("stranger"))));
        await Shell.CheckAsync($"{TestEngine.Podman} rm -f -t 0 stranger");
    }

    [EngineFact]
    public async Task How_it_fares_and_what_runs_in_it_is_asked_of_the_engine()
    {
        var name = (await NewProvider().CreateAsync(NewOrder(), CancellationToken.None)).Reference;
        using var engine = TestEngine.Line(_options);

        var stats = await engine.StatsAsync(name, CancellationToken.None);
        var said = await engine.ExecAsync(name, ["/bin/dash", "-c", "echo $GREETING; echo bad >&2; exit 3"], ["GREETING=hello"], CancellationToken.None);

        Assert.InRange(stats!.Memory!.Usage!.Value, 1, 2L << 30);
        Assert.Equal(2L << 30, stats.Memory.Limit);
        Assert.Equal((3, "hello\nbad\n"), (said.ExitCode, said.Output));
    }

    public async Task InitializeAsync()
    {
        if (TestEngine.Missing is null)
        {
            _options = await TestEngine.OptionsAsync(TestEngine.IdleImage);
        }
    }

    public async Task DisposeAsync()
    {
        if (TestEngine.Missing is null)
        {
            foreach (var left in await NewProvider().ListAsync(CancellationToken.None))
            {
                await NewProvider().EndAsync(left.Reference, CancellationToken.None);
            }
        }
    }

    private ContainerProvider NewProvider() => TestEngine.Provider(_options);

    private static ServerOrder NewOrder() => Suite.Order();

    private static ContainerOptions Copy(ContainerOptions from, string socket) => new() { Socket = socket, Image = from.Image, StopGraceSeconds = from.StopGraceSeconds };

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static async Task<string> ImageOfAsync(string name) => (await Shell.CheckAsync($$$"""{{{TestEngine.Podman}}} inspect {{{name}}} --format '{{.ImageName}}'""")).Trim();

    private static async Task<string> LimitsAsync(string name) => (await Shell.CheckAsync($$$"""{{{TestEngine.Podman}}} inspect {{{name}}} --format '{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}'""")).Trim();

    private Task BecomesAsync(string name, ServerPower power) =>
        Eventually.TrueAsync(async () => (await NewProvider().GetAsync(name, CancellationToken.None))?.Power == power, $"the container to be {power}");

    /// <summary>Not found by the test runner itself, which could not skip what it inherits.</summary>
    private sealed class Suite(Func<IServerProvider> provider) : ServerProviderConformance
    {
        protected override IServerProvider Provider => provider();

        public static ServerOrder Order() => NewOrder();
    }
}
