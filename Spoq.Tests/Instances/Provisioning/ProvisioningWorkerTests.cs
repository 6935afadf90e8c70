using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Provisioning;

public sealed class ProvisioningWorkerTests(ProvisioningWorkerTests.Fixture world) : IClassFixture<ProvisioningWorkerTests.Fixture>, IAsyncLifetime
{
    private readonly AnyConductor _conductor = new();
    private ScriptedProvider Provider => world.Provider;

    [Fact]
    public async Task A_paid_instance_becomes_ready_and_its_story_is_whole()
    {
        var (account, id) = await BuyAsync();

        var instance = await DriveAsync(id, InstanceState.Running);

        Assert.NotNull(instance.ReadyAt);
        Assert.Single(Provider.Bought);
        var story = Story.Of(instance, await world.Get<InstanceService>().EventsAsync(account, id, 0, CancellationToken.None));
        Assert.Equal(100, story.Percent);
        Assert.All(story.Steps, step => Assert.True(step.Mark == StoryMark.Done && step.At is not null, step.Title));
    }

    [Fact]
    public async Task A_lost_answer_buys_no_second_server()
    {
        var failures = 2;
        Provider.AfterCreate = () => failures-- > 0 ? new ProviderException("The provider said 500.") : null;
        var (_, id) = await BuyAsync();

        await DriveAsync(id, InstanceState.Running);

        Assert.Single(Provider.Bought);
    }

    [Fact]
    public async Task A_server_that_calls_home_before_its_order_is_answered_is_not_bought_twice()
    {
        var failures = 1;
        Provider.AfterCreate = () => failures-- > 0 ? new ProviderException("The provider said 500.") : null;
        var (_, id) = await BuyAsync();
        await DriveAsync(id, _ => Provider.Existing.Contains(id));
        var reports = world.Get<ServerReports>();
        var token = await reports.PhoneHomeAsync(id, Provider.TokenOf(id), "1", CancellationToken.None);
        Assert.True(await reports.HeartbeatAsync(id, token!, new ServerVitals("1", 0, 0, 0, 0, 0), new ServerNews([], null), CancellationToken.None));

        await DriveAsync(id, InstanceState.Running);

        Assert.Single(Provider.Bought);
    }

    [Fact]
    public async Task A_repeated_order_is_waited_for_as_long_as_the_first_one()
    {
        Provider.LookupLag = TimeSpan.FromMinutes(1);
        var (refusals, losses) = (1, 1);
        Provider.BeforeCreate = () => refusals-- > 0 ? new ProviderException("The provider said 500.") : null;
        Provider.AfterCreate = () => losses-- > 0 ? new ProviderException("The provider said 500, and had done it.") : null;
        var (_, id) = await BuyAsync();

        await DriveAsync(id, InstanceState.Running);

        Assert.Single(Provider.Bought);
    }

    [Fact]
    public async Task A_call_home_in_the_middle_of_a_look_is_not_overlooked()
    {
        var (_, id) = await BuyAsync();
        await DriveAsync(id, instance => instance.Step == Step.InstallConductor);
        Provider.DuringGet = async () =>
        {
            Provider.DuringGet = () => Task.CompletedTask;
            Assert.NotNull(await world.Get<ServerReports>().PhoneHomeAsync(id, Provider.TokenOf(id), "1", CancellationToken.None));
        };
        await world.Get<ProvisioningWorker>().RunOnceAsync(CancellationToken.None);

        await world.Get<ProvisioningWorker>().RunOnceAsync(CancellationToken.None);

        Assert.Equal(Step.Verify, (await ReadAsync(id)).Step);
    }

    [Fact]
    public async Task Two_workers_run_each_step_once()
    {
        var purchases = new List<Guid>();
        for (var i = 0; i < 6; i++)
        {
            purchases.Add((await BuyAsync()).Id);
        }

        var other = world.NewNode().GetRequiredService<ProvisioningWorker>();
        foreach (var id in purchases)
        {
            await DriveAsync(id, InstanceState.Running, other);
        }

        Assert.Equal(purchases.Order(), Provider.Bought.Order());
        await using var db = world.NewContext();
        var done = await db.InstanceEvents.Where(line => purchases.Contains(line.InstanceId) && line.Kind == Happening.StepDone).ToListAsync();
        Assert.All(done.GroupBy(line => (line.InstanceId, line.Step)), lines => Assert.Single(lines));
    }

    [Fact]
    public async Task A_worker_whose_lease_ran_out_writes_nothing()
    {
        using var reached = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        Provider.DuringCreate = async () =>
        {
            Provider.DuringCreate = () => Task.CompletedTask;
            reached.Release();
            await goOn.WaitAsync();
        };
        var (_, id) = await BuyAsync();
        var slow = DriveAsync(id, InstanceState.Running);
        await reached.WaitAsync();

        world.Clock.Advance(TimeSpan.FromMinutes(2));
        var other = world.NewNode().GetRequiredService<ProvisioningWorker>();
        await other.RunOnceAsync(CancellationToken.None);
        var fenced = await ReadAsync(id);
        goOn.Release();
        await slow;

        Assert.Equal(Step.AwaitServer, fenced.Step);
        await using var db = world.NewContext();
        Assert.Equal(1, await db.InstanceEvents.CountAsync(line => line.InstanceId == id && line.Step == "create_server" && line.Kind == Happening.StepDone));
        Assert.Single(Provider.Existing);
    }

    [Fact]
    public async Task A_ready_computer_is_written_about_once_even_if_the_last_step_runs_twice()
    {
        var (account, id) = await BuyAsync();
        await DriveAsync(id, instance => instance.Step == Step.Ready);
        await using (var db = world.NewContext())
        {
            await db.Instances.Where(instance => instance.Id == id).ExecuteUpdateAsync(set => set.SetProperty(instance => instance.DueAt, world.Clock.Now));
        }

        // A node claims the visit and is never heard of again; two others find it when the lease has run out.
        var dead = await new DueQueue(world.Get<NpgsqlDataSource>(), "instances").ClaimAsync(100, world.Clock.Now, TimeSpan.FromSeconds(30), CancellationToken.None);
        Assert.Contains(dead, claim => claim.Id == id);
        world.Clock.Advance(TimeSpan.FromSeconds(31));
        await DriveAsync(id, InstanceState.Running, world.NewNode().GetRequiredService<ProvisioningWorker>());

        // Running a second time is no news.
        Provider.SwitchOff(id);
        await DriveAsync(id, instance => instance.State == InstanceState.Running && Provider.Calls.Contains("start"));

        var mail = Assert.Single(await world.MailsToAsync(account), mail => mail.Subject.Contains("ready", StringComparison.Ordinal));
        var running = await ReadAsync(id);
        Assert.Equal($"Your computer is ready: {running.Hostname}", mail.Subject);
        Assert.Contains("\n\nhttp://localhost:5080/dashboard", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_step_that_two_nodes_run_at_once_writes_one_mail()
    {
        using var reached = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        Provider.DuringCreate = async () =>
        {
            Provider.DuringCreate = () => throw SoldOut();
            reached.Release();
            await goOn.WaitAsync();
            throw SoldOut();
        };
        var (account, id) = await BuyAsync();
        await DriveAsync(id, instance => instance.Step == Step.CreateServer);
        var slow = world.Get<ProvisioningWorker>().RunOnceAsync(CancellationToken.None);
        await reached.WaitAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        await world.NewNode().GetRequiredService<ProvisioningWorker>().RunOnceAsync(CancellationToken.None);
        goOn.Release();
        await slow;

        var failed = await ReadAsync(id);
        var mail = Assert.Single(await world.MailsToAsync(account), mail => mail.Subject == $"Setting up {failed.Hostname} failed");
        Assert.Contains("This region is sold out.", mail.Text, StringComparison.Ordinal);
        Assert.Contains($"within 30 minutes, by {failed.DueAt:HH:mm} UTC, we cancel and refund", mail.Text, StringComparison.Ordinal);
        Assert.Contains("\n\nhttp://localhost:5080/setup\n", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_permanent_failure_says_why_and_a_retry_goes_on()
    {
        Provider.BeforeCreate = () => new ProviderException("This region is sold out.") { Code = "sold_out", IsFinal = true };
        var (account, id) = await BuyAsync();

        var failed = await DriveAsync(id, InstanceState.Failed);
        Provider.BeforeCreate = () => null;
        Assert.Null(await world.Get<InstanceService>().RetryAsync(account, id, CancellationToken.None));
        await DriveAsync(id, InstanceState.Running);

        Assert.Equal(("sold_out", "This region is sold out."), (failed.ErrorCode, failed.ErrorMessage));
        Assert.Single(Provider.Bought);
    }

    [Fact]
    public async Task Cancelling_removes_what_was_made_and_refunds()
    {
        Provider.Power = ServerPower.Starting;
        var (account, id) = await BuyAsync();
        await DriveAsync(id, instance => instance.Step == Step.AwaitServer);

        Assert.Null(await world.Get<InstanceService>().CancelAndRefundAsync(account, id, CancellationToken.None));
        await DriveAsync(id, InstanceState.Cancelled);

        Assert.Empty(Provider.Existing);
        await AssertRefundedAsync(id);
    }

    [Fact]
    public async Task A_failure_nobody_decides_about_is_refunded_after_half_an_hour()
    {
        Provider.BeforeCreate = () => new ProviderException("No.") { IsFinal = true };
        var (account, id) = await BuyAsync();
        await DriveAsync(id, InstanceState.Failed);

        await DriveAsync(id, InstanceState.Cancelled);

        await AssertRefundedAsync(id);
        var mails = await world.MailsToAsync(account);
        Assert.Equal(["Your receipt", "Setting up", "Your refund"], mails.Select(mail => string.Join(' ', mail.Subject.Split(' ', ':')[..2])));
    }

    [Fact]
    public async Task A_step_past_its_deadline_fails_visibly()
    {
        Provider.Power = ServerPower.Starting;
        var (_, id) = await BuyAsync();

        var failed = await DriveAsync(id, InstanceState.Failed);

        Assert.Equal((Step.AwaitServer, "deadline"), (failed.Step!.Value, failed.ErrorCode));
    }

    [Fact]
    public async Task Without_a_certificates_turn_a_computer_waits_says_why_and_is_not_late()
    {
        var week = world.Get<IConfiguration>().GetSection("Provisioning:CertificatesPerWeek");
        (Provider.Endpoint, week.Value) = ("https://computer.example", "0");
        try
        {
            var (_, id) = await BuyAsync();

            var waiting = await DriveAsync(id, instance => instance.WaitingFor?.StartsWith("Certificate authorities", StringComparison.Ordinal) == true);
            world.Clock.Advance(TimeSpan.FromDays(3));
            await world.Get<ProvisioningWorker>().RunOnceAsync(CancellationToken.None);
            var still = await ReadAsync(id);
            week.Value = null;
            await DriveAsync(id, instance => instance.Step == Step.InstallConductor);

            Assert.Equal((Step.ConfigureDns, Step.ConfigureDns, InstanceState.Provisioning), (waiting.Step!.Value, still.Step!.Value, still.State));
        }
        finally
        {
            week.Value = null;
        }
    }

    [Fact]
    public async Task A_server_found_switched_off_is_started_again()
    {
        var (account, id) = await BuyAsync();
        await DriveAsync(id, InstanceState.Running);
        Provider.SwitchOff(id);

        await DriveAsync(id, instance => instance.State == InstanceState.Running && Provider.Calls.Contains("start"));

        var events = await world.Get<InstanceService>().EventsAsync(account, id, 0, CancellationToken.None);
        Assert.Contains(events, line => line.Kind == "went_down");
    }

    [Fact]
    public async Task Another_accounts_instance_looks_like_a_missing_one()
    {
        var (_, id) = await BuyAsync();
        var stranger = await world.AddAccountAsync();
        var service = world.Get<InstanceService>();

        Assert.Null(await service.FindAsync(stranger, id, CancellationToken.None));
        Assert.Empty(await service.EventsAsync(stranger, id, 0, CancellationToken.None));
        Assert.Equal(InstanceRefusals.NotFound, await service.CancelAndRefundAsync(stranger, id, CancellationToken.None));
        Assert.Equal(InstanceRefusals.NotFound, await service.StopAsync(stranger, Guid.CreateVersion7(), CancellationToken.None));
    }

    public async Task InitializeAsync()
    {
        world.Reset();
        Provider.Endpoint = await _conductor.StartAsync(host => Read(instance => instance.Hostname == host).Id);
    }

    public async Task DisposeAsync() => await _conductor.StopAsync();

    private async Task<(Guid Account, Guid Id)> BuyAsync()
    {
        var account = await world.AddAccountAsync();
        return (account, await Purchase.BuyAsync(world.Services, account, ScriptedProvider.Key));
    }

    private Task<Instance> DriveAsync(Guid id, InstanceState state, params ProvisioningWorker[] others) => DriveAsync(id, instance => instance.State == state, others);

    /// <summary>Turns the clock to whatever is due next until the instance is as wanted; a server calls home when it is waited for.</summary>
    private async Task<Instance> DriveAsync(Guid id, Func<Instance, bool> isThere, params ProvisioningWorker[] others)
    {
        for (var turn = 0; turn < 300; turn++)
        {
            var instance = await ReadAsync(id);
            if (isThere(instance))
            {
                return instance;
            }

            if (instance.Step == Step.InstallConductor && instance.PhonedHomeAt is null)
            {
                Assert.NotNull(await world.Get<ServerReports>().PhoneHomeAsync(id, Provider.TokenOf(id), "1", CancellationToken.None));
            }

            if (instance.DueAt > world.Clock.Now)
            {
                world.Clock.Now = instance.DueAt.Value;
            }

            await Task.WhenAll(others.Append(world.Get<ProvisioningWorker>()).Select(worker => worker.RunOnceAsync(CancellationToken.None)));
        }

        throw new TimeoutException($"The instance came to {(await ReadAsync(id)).State} and stays there.");
    }

    private static ProviderException SoldOut() => new("This region is sold out.") { IsFinal = true };

    private Task<Instance> ReadAsync(Guid id) => Task.FromResult(Read(instance => instance.Id == id));

    private Instance Read(Func<Instance, bool> which)
    {
        using var db = world.NewContext();
        return db.Instances.AsNoTracking().AsEnumerable().Single(which);
    }

    private async Task AssertRefundedAsync(Guid id)
    {
        await using var db = world.NewContext();
        Assert.False(await db.Set<CheckoutIntent>().AnyAsync(intent => intent.InstanceId == id && intent.State == CheckoutState.Paid));
        Assert.True(await db.Set<CheckoutIntent>().AnyAsync(intent => intent.InstanceId == id && intent.State == CheckoutState.Refunded));
    }

    public sealed class Fixture : DatabaseFixture
    {
        internal ScriptedProvider Provider => field ??= new ScriptedProvider(Clock);

        internal void Reset()
        {
            Provider.BeforeCreate = () => null;
            Provider.AfterCreate = () => null;
            Provider.DuringCreate = () => Task.CompletedTask;
            Provider.DuringGet = () => Task.CompletedTask;
            Provider.Power = ServerPower.Running;
            Provider.LookupLag = TimeSpan.Zero;
            Provider.Bought.Clear();
            Provider.Calls.Clear();
            foreach (var id in Provider.Existing.ToList())
            {
                _ = Provider.EndAsync(id.ToString(), CancellationToken.None);
            }

            using var db = NewContext();
            db.Instances.ExecuteUpdate(set => set.SetProperty(instance => instance.DueAt, (DateTimeOffset?)null));
        }

        protected override void Configure(HostApplicationBuilder builder) => builder.Services.AddSingleton<IServerProvider>(Provider);
    }
}
