using Microsoft.Extensions.Options;
using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Instances.Providers;
using Spoq.Infrastructure.Instances.Providers.Fly;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Emulators;
using Spoq.Tests.Emulators.Fly;

namespace Spoq.Tests.Instances.Providers;

public sealed class FlyProviderTests : VendorConformance
{
    private const string Image = "registry.fly.io/spoq-runtime:1";

    private FlyEmulator? _vendor;

    internal override ServerVendorEmulator Vendor => Fly;

    protected override ServerSize Size => new(1, 2, 10);

    protected override string Region => "ams";

    private FlyEmulator Fly => _vendor ??= new FlyEmulator(Clock);

    [Fact]
    public async Task A_computer_is_an_app_with_addresses_a_secret_a_volume_and_one_machine()
    {
        var order = OrderHere();

        await Provider.CreateAsync(order, CancellationToken.None);

        var app = Assert.Single(Fly.Apps.Values);
        var machine = Assert.Single(app.Machines);
        Assert.Equal((ServerMark.Of(order.InstanceId), 2), (app.Name, app.Ips.Count));
        Assert.Equal(order.ProvisioningToken, app.Secrets["SPOQ_TOKEN"]);
        Assert.Equal(new FlyEmulator.Volume(machine.Volume, "ams", 10), Assert.Single(app.Volumes));
        Assert.Equal(Image, machine.Config.GetProperty("image").GetString());
        Assert.Equal((1, 2048, "shared"), GuestOf(machine));
        Assert.Equal([22, 80, 443], machine.Config.GetProperty("services").EnumerateArray().Select(service => service.GetProperty("ports")[0].GetProperty("port").GetInt32()));
        Assert.Equal(order.InstanceId.ToString(), machine.Config.GetProperty("env").GetProperty("SPOQ_INSTANCE").GetString());
        Assert.DoesNotContain(order.ProvisioningToken, machine.Config.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 4, 2, "shared")]
    [InlineData(4, 16, 8, "shared")]
    [InlineData(8, 32, 8, "performance")]
    public async Task Memory_decides_how_many_processors_there_must_be(int cpus, int memory, int expected, string kind)
    {
        await Provider.CreateAsync(OrderHere() with { Size = new ServerSize(cpus, memory, 50) }, CancellationToken.None);

        Assert.Equal((expected, memory * 1024, kind), GuestOf(Assert.Single(Assert.Single(Fly.Apps.Values).Machines)));
    }

    [Theory]
    [InlineData("POST /v1/apps")]
    [InlineData("POST /v1/apps/spoq-*/ip_assignments")]
    [InlineData("POST /v1/apps/spoq-*/secrets/*")]
    [InlineData("POST /v1/apps/spoq-*/volumes")]
    public async Task What_broke_off_half_way_is_unfinished_and_the_same_order_goes_on(string call)
    {
        var order = OrderHere();
        Fly.Fail(Fault.DropAfter, call);
        await Assert.ThrowsAsync<ProviderException>(() => Provider.CreateAsync(order, CancellationToken.None));

        var half = await Provider.FindAsync(order.InstanceId, CancellationToken.None);
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);

        Assert.True(half!.IsUnfinished);
        var app = Assert.Single(Fly.Apps.Values);
        Assert.Equal((2, 1, 1), (app.Ips.Count, app.Volumes.Count, app.Machines.Count));
    }

    [Fact]
    public async Task Half_a_computer_is_ended_like_a_whole_one()
    {
        var order = OrderHere();
        Fly.Fail(Fault.DropBefore, Fly.PurchaseCall);
        await Assert.ThrowsAsync<ProviderException>(() => Provider.CreateAsync(order, CancellationToken.None));

        var half = await Provider.FindAsync(order.InstanceId, CancellationToken.None);
        var end = await EndAsync(half!.Reference);

        Assert.IsType<ServerEnd.Gone>(end);
        Assert.Empty(Fly.Marked);
    }

    [Fact]
    public async Task A_host_without_room_is_left_for_another()
    {
        var order = OrderHere();
        Fly.FullHosts = 1;

        var no = await Assert.ThrowsAsync<ProviderException>(() => Provider.CreateAsync(order, CancellationToken.None));
        var volumes = Assert.Single(Fly.Apps.Values).Volumes.Count;
        await Provider.CreateAsync(order, CancellationToken.None);

        Assert.Equal(("sold_out", false), (no.Code, no.IsFinal));
        Assert.Contains("another region", no.Message, StringComparison.Ordinal);
        Assert.Equal(0, volumes);
        Assert.Single(Assert.Single(Fly.Apps.Values).Machines);
    }

    [Fact]
    public async Task A_name_that_somebody_else_has_is_not_ours_to_use()
    {
        var order = OrderHere();
        Fly.Taken.Add(ServerMark.Of(order.InstanceId));

        var no = await Assert.ThrowsAsync<ProviderException>(() => Provider.CreateAsync(order, CancellationToken.None));

        Assert.Equal("provider_denied", no.Code);
        Assert.Empty(Fly.Bought);
    }

    [Fact]
    public async Task A_suspended_machine_is_off_and_starts_again()
    {
        var order = OrderHere();
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);
        Fly.Force(order.InstanceId, "suspended");

        await BecomesAsync(made.Reference, ServerPower.Stopped);
        await Provider.StartAsync(made.Reference, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);
    }

    [Fact]
    public async Task A_machine_that_failed_is_a_persons()
    {
        var order = OrderHere();
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        Fly.Force(order.InstanceId, "failed");

        Assert.NotNull((await Provider.GetAsync(made.Reference, CancellationToken.None))!.Trouble);
    }

    [Fact]
    public async Task Every_page_of_apps_is_read()
    {
        for (var i = 0; i < 5; i++)
        {
            await Provider.CreateAsync(OrderHere(), CancellationToken.None);
        }

        Assert.Equal(5, (await Provider.ListAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Another_size_is_another_guest_and_a_longer_volume_of_the_same_machine()
    {
        var order = await OffAsync(new ServerSize(1, 4, 50));
        var app = Assert.Single(Fly.Apps.Values);
        var before = Assert.Single(app.Machines);
        var services = before.Config.GetProperty("services").GetRawText();

        await SizedAsync(order, new ServerSize(8, 32, 400));

        var machine = Assert.Single(app.Machines);
        Assert.Equal((before.Id, "stopped"), (machine.Id, machine.State));
        Assert.Equal((8, 32 * 1024, "performance"), GuestOf(machine));
        Assert.Equal((machine.Volume, 400), (Assert.Single(app.Volumes).Id, app.Volumes[0].SizeGb));
        Assert.Equal(services, machine.Config.GetProperty("services").GetRawText());
        Assert.Equal(order.InstanceId.ToString(), machine.Config.GetProperty("env").GetProperty("SPOQ_INSTANCE").GetString());
        Assert.Single(Fly.Bought);
        Assert.Empty(Fly.Wrong);
    }

    [Theory]
    [InlineData("POST /v1/apps/spoq-*/machines/m*", nameof(Fault.DropAfter))]
    [InlineData("POST /v1/apps/spoq-*/machines/m*", nameof(Fault.ErrorAfter))]
    [InlineData("POST /v1/apps/spoq-*/machines/m*", nameof(Fault.DropBefore))]
    [InlineData("POST /v1/apps/spoq-*/machines/m*", nameof(Fault.GarbageAfter))]
    [InlineData("PUT /v1/apps/spoq-*/volumes/*/extend", nameof(Fault.DropAfter))]
    [InlineData("PUT /v1/apps/spoq-*/volumes/*/extend", nameof(Fault.ErrorAfter))]
    [InlineData("PUT /v1/apps/spoq-*/volumes/*/extend", nameof(Fault.TooManyWithHeaders))]
    [InlineData("GET /v1/apps/spoq-*/machines", nameof(Fault.GarbageAfter))]
    public async Task A_size_whose_answer_was_lost_is_given_once(string call, string named)
    {
        var order = await OffAsync(new ServerSize(1, 4, 50));
        var fault = Enum.Parse<Fault>(named);
        Fly.Fail(fault, call);

        await SizedAsync(order, new ServerSize(2, 8, 100));

        var app = Assert.Single(Fly.Apps.Values);
        Assert.Equal((4, 8192, "shared"), GuestOf(Assert.Single(app.Machines)));
        Assert.Equal(100, Assert.Single(app.Volumes).SizeGb);
        Assert.Equal(fault == Fault.DropBefore ? 2 : 1, Fly.Calls.Count(made => made.StartsWith("POST ", StringComparison.Ordinal) && made.Contains("/machines/m", StringComparison.Ordinal) && !made.EndsWith("/stop", StringComparison.Ordinal)));
        Assert.Empty(Fly.Wrong);
    }

    [Fact]
    public async Task A_size_without_room_is_refused_with_the_volume_untouched_and_the_way_back_is_open()
    {
        var order = await OffAsync(new ServerSize(1, 4, 50));
        Fly.FullHosts = 1;
        var no = await Assert.ThrowsAsync<ProviderException>(() => Provider.ResizeAsync(ServerMark.Of(order.InstanceId), new ServerSize(2, 8, 100), CancellationToken.None));
        Assert.Equal(("sold_out", 50), (no.Code, Assert.Single(Assert.Single(Fly.Apps.Values).Volumes).SizeGb));

        await SizedAsync(order, new ServerSize(2, 8, 100));
        await SizedAsync(order, new ServerSize(1, 4, 50));

        // A volume never shrinks: the machine is small again, its disk is not.
        Assert.Equal((2, 4096, "shared"), GuestOf(Assert.Single(Assert.Single(Fly.Apps.Values).Machines)));
        Assert.Equal(100, Assert.Single(Assert.Single(Fly.Apps.Values).Volumes).SizeGb);
        Assert.False(Provider.Capabilities.HasFlag(ServerCapabilities.Shrink));
    }

    [Fact]
    public async Task What_is_answered_with_true_and_false_is_sent_back_in_words()
    {
        Fly.SaysAutostopAsBoolean = true;
        var order = await OffAsync(new ServerSize(1, 4, 50));

        await SizedAsync(order, new ServerSize(2, 8, 100));

        Assert.All(Assert.Single(Assert.Single(Fly.Apps.Values).Machines).Config.GetProperty("services").EnumerateArray(), service => Assert.Equal("off", service.GetProperty("autostop").GetString()));
        Assert.All(Fly.Wrong, wrong => Assert.EndsWith("autostop is boolean, not string", wrong, StringComparison.Ordinal));
        Fly.Wrong.Clear();
    }

    [Fact]
    public async Task A_size_that_nobody_sells_and_a_machine_that_is_gone_are_refused_for_good()
    {
        var order = await OffAsync(new ServerSize(1, 4, 50));
        var large = await Assert.ThrowsAsync<ProviderException>(() => Provider.ResizeAsync(ServerMark.Of(order.InstanceId), new ServerSize(32, 256, 100), CancellationToken.None));
        var gone = await Assert.ThrowsAsync<ProviderException>(() => Provider.ResizeAsync(ServerMark.Of(Guid.CreateVersion7()), new ServerSize(2, 8, 100), CancellationToken.None));

        Assert.Equal((("sold_out", true), ("server_gone", true)), ((large.Code, large.IsFinal), (gone.Code, gone.IsFinal)));
    }

    private async Task<ServerOrder> OffAsync(ServerSize size)
    {
        var order = OrderHere() with { Size = size };
        var made = await Provider.CreateAsync(order, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Running);
        await Provider.StopAsync(made.Reference, CancellationToken.None);
        await BecomesAsync(made.Reference, ServerPower.Stopped);
        return order;
    }

    /// <summary>As the engine does it: again, until it is done.</summary>
    private async Task SizedAsync(ServerOrder order, ServerSize size)
    {
        for (var visit = 0; visit < 6; visit++)
        {
            try
            {
                await Provider.ResizeAsync(ServerMark.Of(order.InstanceId), size, CancellationToken.None);
                return;
            }
            catch (ProviderException no) when (!no.IsFinal)
            {
                // Looked at again.
            }
        }

        throw new TimeoutException("It never had that size.");
    }

    protected override IServerProvider NewProvider()
    {
        var options = Options.Create(new FlyOptions { ApiToken = FlyEmulator.ApiToken, Organization = FlyEmulator.Organization, Image = Image, BaseUrl = Fly.BaseUrl });
        return new FlyProvider(new FlyApi(VendorClients.To((FlyApi.Key, Fly.BaseUrl)), options, Clock), options, Options.Create(new SpoqOptions { BaseUrl = new Uri("https://spoq.example"), InstanceDomain = "spoq.example" }));
    }

    private static (int Cpus, int Memory, string Kind) GuestOf(FlyEmulator.Machine machine)
    {
        var guest = machine.Config.GetProperty("guest");
        return (guest.GetProperty("cpus").GetInt32(), guest.GetProperty("memory_mb").GetInt32(), guest.GetProperty("cpu_kind").GetString()!);
    }
}
