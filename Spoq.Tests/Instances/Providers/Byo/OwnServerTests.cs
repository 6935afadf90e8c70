using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Dns;
using Spoq.Core.Instances.Providers.Byo;
using Spoq.Core.Instances.Provisioning;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Billing;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances;
using Spoq.Infrastructure.Instances.Providers.Byo;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Ops;

namespace Spoq.Tests.Instances.Providers.Byo;

/// <summary>A machine that a customer brings: waited for, taken in once, let go.</summary>
public sealed class OwnServerTests(OwnServerWorld world) : IClassFixture<OwnServerWorld>, IAsyncLifetime
{
    [Fact]
    public async Task A_paid_computer_waits_a_week_for_its_machine_and_a_new_command_begins_another()
    {
        var (account, id) = await world.WaitingAsync();
        var first = await world.TokenAsync(account, id);

        world.Clock.Advance(TimeSpan.FromDays(3));
        await world.Get<ProvisioningWorker>().RunOnceAsync(CancellationToken.None);
        var waiting = await world.ReadAsync(id);
        var late = await world.Servers.FindAsync(account, id, CancellationToken.None);
        Assert.Null(await world.Servers.RenewAsync(account, id, CancellationToken.None));
        var second = await world.TokenAsync(account, id);
        world.Clock.Advance(OwnServer.Patience);
        var failed = await world.DriveAsync(id, InstanceState.Failed);
        Assert.Null(await world.Servers.RenewAsync(account, id, CancellationToken.None));
        await world.Get<ProvisioningWorker>().RunOnceAsync(CancellationToken.None);
        var again = await world.ReadAsync(id);

        Assert.Equal((InstanceState.Provisioning, "Waiting for you to run the command on your server."), (waiting.State, waiting.WaitingFor));
        Assert.Equal("Run the command on your server. You may close this page; we go on as soon as it calls.", StateWords.Next(waiting));
        Assert.Null(late!.Token);
        Assert.NotEqual(first, second);
        Assert.StartsWith("No server was connected within 7 days.", failed.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal((InstanceState.Provisioning, Step.AwaitServer, waiting.WaitingFor), (again.State, again.Step, again.WaitingFor));
    }

    [Fact]
    public async Task The_machine_that_runs_the_command_gets_the_name_and_keeps_its_own_keys()
    {
        var (account, id) = await world.WaitingAsync();

        var setup = await world.ConnectAsync(await world.TokenAsync(account, id), 'a');
        Assert.True((await world.ReadAsync(id)).DueAt <= world.Clock.Now);
        var instance = await world.DriveAsync(id, row => row.Step == Step.InstallConductor);

        Assert.Equal($"https://{instance.Hostname}", instance.Endpoint);
        Assert.Equal("198.44.7.9", (await world.Servers.FindAsync(account, id, CancellationToken.None))!.Address);
        Assert.NotNull(await world.Get<ServerSettings>().OfAsync(id, setup, CancellationToken.None));
        Assert.Null(instance.HostKeyFingerprint);
        var lines = await world.Get<InstanceService>().EventsAsync(account, id, 0, CancellationToken.None);
        Assert.Contains(lines, line => line.Message == "Your server called from 198.44.7.9: Debian GNU/Linux 12 (bookworm).");
        Assert.Contains(lines, line => line.Message == "Your server has called.");
    }

    [Fact]
    public async Task A_command_brings_in_one_machine_and_only_that_one_again()
    {
        var (account, id) = await world.WaitingAsync();
        var token = await world.TokenAsync(account, id);

        var setup = await world.ConnectAsync(token, 'a');

        Assert.Equal(setup, await world.ConnectAsync(token, 'a'));
        Assert.Equal("command_used", OwnServerWorld.Refused(await world.CallAsync(token, 'b'))?.Code);
        Assert.Equal("command_unknown", OwnServerWorld.Refused(await world.CallAsync(ServerTokens.New(), 'a'))?.Code);
        Assert.Equal("command_unknown", OwnServerWorld.Refused(await world.CallAsync(null, 'a'))?.Code);
        Assert.Equal("server_connected", (await world.Servers.RenewAsync(account, id, CancellationToken.None))?.Code);
        Assert.Null((await world.Servers.FindAsync(account, id, CancellationToken.None))!.Token);
    }

    [Fact]
    public async Task An_old_command_counts_no_more_nor_one_that_was_replaced()
    {
        var (account, id) = await world.WaitingAsync();
        var first = await world.TokenAsync(account, id);
        world.Clock.Advance(OwnServer.CommandLife);

        Assert.Equal("command_expired", OwnServerWorld.Refused(await world.CallAsync(first, 'a'))?.Code);
        Assert.Null(await world.Servers.RenewAsync(account, id, CancellationToken.None));
        Assert.Equal("command_unknown", OwnServerWorld.Refused(await world.CallAsync(first, 'a'))?.Code);
        await world.ConnectAsync(await world.TokenAsync(account, id), 'a');
    }

    [Fact]
    public async Task A_settled_machine_that_runs_its_command_once_more_is_set_up_anew()
    {
        var (account, id) = await world.WaitingAsync();
        var token = await world.TokenAsync(account, id);
        var setup = await world.ConnectAsync(token, 'a');
        var reports = world.Get<ServerReports>();
        var first = await reports.PhoneHomeAsync(id, setup, "1", CancellationToken.None);
        Assert.True(await reports.HeartbeatAsync(id, first!, new ServerVitals("1", 0, 0, 0, 0, 0), new ServerNews([], null), CancellationToken.None));
        Assert.Null(await reports.PhoneHomeAsync(id, setup, "1", CancellationToken.None));

        var repaired = await world.ConnectAsync(token, 'a');

        Assert.NotEqual(setup, repaired);
        var second = await reports.PhoneHomeAsync(id, repaired, "1", CancellationToken.None);
        Assert.NotNull(second);
        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData("10.0.0.5")]
    [InlineData("172.20.1.1")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("224.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("::ffff:10.0.0.5")]
    [InlineData("fe80::1")]
    [InlineData("fc00::1")]
    [InlineData("ff02::1")]
    [InlineData("::")]
    public async Task A_machine_that_nobody_can_reach_is_refused_and_told_why(string address)
    {
        var (account, id) = await world.WaitingAsync();

        var no = OwnServerWorld.Refused(await world.CallAsync(await world.TokenAsync(account, id), 'a', IPAddress.Parse(address)));

        Assert.Equal("private_address", no?.Code);
        Assert.Contains("cannot be reached from the internet", no!.Message, StringComparison.Ordinal);
        Assert.Null((await world.Servers.FindAsync(account, id, CancellationToken.None))!.ConnectedAt);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Our_own_machine_is_nobodys_server_in_production(string address)
    {
        var (account, id) = await world.WaitingAsync();
        var servers = new OwnServers(world.Get<IDbContextFactory<SpoqDbContext>>(), world.Get<SecretBox>(), world.Clock, new HostingEnvironment { EnvironmentName = Environments.Production });

        var no = await servers.ConnectAsync(await world.TokenAsync(account, id), new OwnServerCall(new string('a', 64), "Debian"), IPAddress.Parse(address), CancellationToken.None);

        Assert.Equal("private_address", OwnServerWorld.Refused(no)?.Code);
    }

    [Fact]
    public async Task Stopped_it_lets_nobody_in_and_started_it_does_again()
    {
        var (account, id, token) = await world.RunningAsync();
        var desired = world.Get<DesiredStates>();
        var before = await desired.HandOverAsync(id, token, CancellationToken.None);

        Assert.Null(await world.Get<InstanceService>().StopAsync(account, id, CancellationToken.None));
        await world.DriveAsync(id, InstanceState.Stopped);
        var stopped = await desired.HandOverAsync(id, token, CancellationToken.None);
        Assert.Null(await world.Get<InstanceService>().StartAsync(account, id, CancellationToken.None));
        await world.DriveAsync(id, row => row.Step == Step.Verify);
        var after = await desired.HandOverAsync(id, token, CancellationToken.None);

        Assert.Equal([account], before!.Members.Select(member => member.AccountId));
        Assert.Empty(stopped!.Members);
        Assert.Null(stopped.Model);
        Assert.NotEqual(before.Revision, stopped.Revision);
        Assert.Equal([account], after!.Members.Select(member => member.AccountId));
    }

    [Fact]
    public async Task Detached_it_hears_so_and_then_nothing_of_it_counts()
    {
        var (account, id, token) = await world.RunningAsync();
        var hostname = (await world.ReadAsync(id)).Hostname;
        var desired = world.Get<DesiredStates>();

        Assert.Null(await world.Get<InstanceService>().DetachAsync(account, id, CancellationToken.None));
        var telling = await world.DriveAsync(id, row => row.Step == Step.DeleteServer && row.WaitingFor is not null);
        Assert.Null(await world.Get<IDnsZone>().FindAsync(hostname, CancellationToken.None));
        Assert.Empty((await desired.HandOverAsync(id, token, CancellationToken.None))!.Members);
        var told = world.Clock.Now;
        await world.DriveAsync(id, InstanceState.Deleted);

        Assert.Equal("Telling your server that it is detached.", telling.WaitingFor);
        Assert.InRange(world.Clock.Now - told, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Assert.Null(await desired.HandOverAsync(id, token, CancellationToken.None));
        Assert.Equal("command_unknown", OwnServerWorld.Refused(await world.CallAsync(token, 'a'))?.Code);
        Assert.NotNull((await world.Servers.FindAsync(account, id, CancellationToken.None))!.DetachedAt);
        var mail = (await world.MailsToAsync(account))[^1];
        Assert.StartsWith("Your server is detached", mail.Subject, StringComparison.Ordinal);
        Assert.Contains("sudo spoq-detach", mail.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_that_is_gone_is_let_go_after_ten_minutes()
    {
        var (account, id, token) = await world.RunningAsync();

        Assert.Null(await world.Get<InstanceService>().DetachAsync(account, id, CancellationToken.None));
        var telling = await world.DriveAsync(id, row => row.Step == Step.DeleteServer && row.WaitingFor is not null);
        var since = world.Clock.Now;
        await world.DriveAsync(id, InstanceState.Deleted);

        Assert.NotNull(telling);
        Assert.InRange(world.Clock.Now - since, OwnServer.Farewell - TimeSpan.FromMinutes(1), OwnServer.Farewell + TimeSpan.FromMinutes(2));
        Assert.False(await world.Get<ServerReports>().HeartbeatAsync(id, token, new ServerVitals("1", 0, 0, 0, 0, 0), new ServerNews([], null), CancellationToken.None));
    }

    [Fact]
    public async Task Without_its_subscription_it_lets_nobody_in_and_is_let_go_a_month_later()
    {
        var (account, id, token) = await world.RunningAsync();
        var desired = world.Get<DesiredStates>();
        Assert.True((await world.Get<SubscriptionLadder>().CancelAsync(account, id, atPeriodEnd: false, new Caller(null, null), CancellationToken.None)).Try(out _, out _));

        await world.LadderAsync(Subscription.Grace);
        await world.DriveAsync(id, InstanceState.Stopped);
        var paused = await desired.HandOverAsync(id, token, CancellationToken.None);
        await world.LadderAsync(Subscription.Pause - Subscription.Warning);
        Assert.Equal(InstanceState.Stopped, (await world.ReadAsync(id)).State);
        await world.LadderAsync(Subscription.Warning + TimeSpan.FromHours(1));
        await world.DriveAsync(id, row => row.Step == Step.DeleteServer);
        Assert.NotNull(await desired.HandOverAsync(id, token, CancellationToken.None));
        var gone = await world.DriveAsync(id, InstanceState.Deleted);

        Assert.Empty(paused!.Members);
        Assert.All(paused.Profiles, profile => Assert.Empty(profile.Keys));
        Assert.Null(await world.Get<IDnsZone>().FindAsync(gone.Hostname, CancellationToken.None));
        Assert.Null(await desired.HandOverAsync(id, token, CancellationToken.None));
        var mails = (await world.MailsToAsync(account)).Where(mail => mail.Subject.Contains(gone.Hostname, StringComparison.Ordinal)).ToList();
        Assert.Contains(mails, mail => mail.Subject == $"{gone.Hostname} is stopped, your server runs on");
        Assert.Contains(mails, mail => mail.Subject.StartsWith($"{gone.Hostname} will be detached on", StringComparison.Ordinal));
        Assert.Equal($"Your server is detached: {gone.Hostname}", mails[^1].Subject);
        Assert.DoesNotContain(mails, mail => mail.Text.Contains("data are", StringComparison.Ordinal) || mail.Text.Contains("its data is kept", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_never_brought_a_machine_gets_their_money_back()
    {
        var (account, id) = await world.WaitingAsync();
        var token = await world.TokenAsync(account, id);

        Assert.Null(await world.Get<InstanceService>().CancelAndRefundAsync(account, id, CancellationToken.None));
        await world.DriveAsync(id, InstanceState.Cancelled);

        Assert.Equal("command_unknown", OwnServerWorld.Refused(await world.CallAsync(token, 'a'))?.Code);
        Assert.Contains(await world.MailsToAsync(account), mail => mail.Subject.StartsWith("Your refund", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_accounts_command_is_neither_shown_nor_made()
    {
        var (_, id) = await world.WaitingAsync();
        var stranger = await world.AddAccountAsync();

        Assert.Null(await world.Servers.FindAsync(stranger, id, CancellationToken.None));
        Assert.Equal(InstanceRefusals.NotFound, await world.Servers.RenewAsync(stranger, id, CancellationToken.None));
        Assert.Equal(InstanceRefusals.NotFound, await world.Get<InstanceService>().DetachAsync(stranger, id, CancellationToken.None));
    }

    public async Task InitializeAsync()
    {
        await using var db = world.NewContext();
        await db.Instances.ExecuteUpdateAsync(set => set.SetProperty(instance => instance.DueAt, (DateTimeOffset?)null));
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
