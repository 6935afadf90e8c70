using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Instances.Dns.Cloudflare;
using Spoq.Tests.Emulators;
using Spoq.Tests.Emulators.Cloudflare;
using Spoq.Tests.Support;

namespace Spoq.Tests.Instances.Dns;

public sealed class CloudflareZoneTests : IAsyncLifetime
{
    private const string Name = "alice.spoq.example";
    private const string Records = $"/zones/{CloudflareEmulator.ZoneId}/dns_records";

    private readonly TestClock _clock = new();
    private CloudflareEmulator _vendor = null!;
    private CloudflareZone _zone = null!;

    [Fact]
    public async Task A_record_is_made_changed_read_back_and_removed()
    {
        await _zone.UpsertAsync(Name, "203.0.113.5", CancellationToken.None);
        await _zone.UpsertAsync(Name, "203.0.113.5", CancellationToken.None);
        await _zone.UpsertAsync(Name, "203.0.113.6", CancellationToken.None);

        var record = Assert.Single(_vendor.Records);
        Assert.Equal((Name, "A", "203.0.113.6", 60, false), (record.Name, record.Type, record.Content, record.Ttl, record.IsProxied));
        Assert.StartsWith(CloudflareZone.Mark, record.Comment, StringComparison.Ordinal);
        Assert.Equal("203.0.113.6", await _zone.FindAsync(Name, CancellationToken.None));
        await _zone.RemoveAsync(Name, CancellationToken.None);
        await _zone.RemoveAsync(Name, CancellationToken.None);
        Assert.Empty(_vendor.Records);
        Assert.Null(await _zone.FindAsync(Name, CancellationToken.None));
    }

    [Fact]
    public async Task An_address_of_the_new_kind_gets_its_own_type()
    {
        await _zone.UpsertAsync(Name, "2001:db8::7", CancellationToken.None);

        Assert.Equal("AAAA", Assert.Single(_vendor.Records).Type);
        Assert.Equal("2001:db8::7", await _zone.FindAsync(Name, CancellationToken.None));
    }

    [Fact]
    public async Task Of_several_records_of_ours_one_is_left()
    {
        _vendor.Add(Name, "A", "203.0.113.1", CloudflareZone.Mark);
        _vendor.Add(Name, "A", "203.0.113.2", CloudflareZone.Mark);
        _vendor.Add(Name, "A", "203.0.113.3", CloudflareZone.Mark);

        await _zone.UpsertAsync(Name, "203.0.113.2", CancellationToken.None);

        var record = Assert.Single(_vendor.Records);
        Assert.Equal(("203.0.113.2", 60, false), (record.Content, record.Ttl, record.IsProxied));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("CNAME")]
    public async Task A_record_somebody_else_made_is_left_alone(string type)
    {
        _vendor.Add(Name, type, "203.0.113.1");

        var no = await Assert.ThrowsAsync<ProviderException>(() => _zone.UpsertAsync(Name, "203.0.113.2", CancellationToken.None));
        await _zone.RemoveAsync(Name, CancellationToken.None);

        Assert.Equal(("dns_name_in_use", true), (no.Code, no.IsFinal));
        Assert.Single(_vendor.Records);
    }

    [Theory]
    [InlineData(nameof(Fault.DropAfter))]
    [InlineData(nameof(Fault.ErrorAfter))]
    [InlineData(nameof(Fault.PageAfter))]
    [InlineData(nameof(Fault.GarbageAfter))]
    public async Task A_lost_answer_leaves_one_record(string fault)
    {
        _vendor.Fail(Enum.Parse<Fault>(fault), $"POST {Records}");

        var lost = await Assert.ThrowsAsync<ProviderException>(() => _zone.UpsertAsync(Name, "203.0.113.5", CancellationToken.None));
        await _zone.UpsertAsync(Name, "203.0.113.5", CancellationToken.None);

        Assert.NotNull(lost.WaitFor);
        Assert.Single(_vendor.Records);
    }

    [Fact]
    public async Task Two_nodes_at_once_leave_one_record()
    {
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            try
            {
                await NewZone().UpsertAsync(Name, "203.0.113.5", CancellationToken.None);
            }
            catch (ProviderException changed)
            {
                Assert.NotNull(changed.WaitFor);
            }
        }));

        Assert.Single(_vendor.Records);
    }

    [Fact]
    public async Task A_removal_that_was_done_already_is_done()
    {
        await _zone.UpsertAsync(Name, "203.0.113.5", CancellationToken.None);
        _vendor.Fail(Fault.DropAfter, $"DELETE {Records}/*");

        await Assert.ThrowsAsync<ProviderException>(() => _zone.RemoveAsync(Name, CancellationToken.None));
        await _zone.RemoveAsync(Name, CancellationToken.None);

        Assert.Empty(_vendor.Records);
    }

    [Theory]
    [InlineData(nameof(Fault.TooMany), 60)]
    [InlineData(nameof(Fault.TooManyWithHeaders), 7)]
    [InlineData(nameof(Fault.ErrorBefore), 15)]
    public async Task A_vendor_that_asks_for_patience_gets_it(string fault, int seconds)
    {
        _vendor.Fail(Enum.Parse<Fault>(fault), $"GET {Records}");

        var no = await Assert.ThrowsAsync<ProviderException>(() => _zone.FindAsync(Name, CancellationToken.None));

        Assert.Equal(TimeSpan.FromSeconds(seconds), no.WaitFor);
    }

    [Fact]
    public async Task A_vendor_that_says_nothing_is_left_when_asked_to()
    {
        _vendor.Fail(Fault.Hang, $"GET {Records}");
        using var patience = new CancellationTokenSource();
        var look = _zone.FindAsync(Name, patience.Token);
        await _vendor.Hung.Task;

        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => look);
    }

    [Theory]
    [InlineData("pending")]
    [InlineData("moved")]
    public async Task Nothing_is_written_into_a_zone_that_is_not_active(string status)
    {
        _vendor.ZoneStatus = status;
        _vendor.OtherZones = 60;

        var no = await Assert.ThrowsAsync<ProviderException>(() => _zone.UpsertAsync(Name, "203.0.113.5", CancellationToken.None));
        _vendor.ZoneStatus = "active";
        await _zone.UpsertAsync(Name, "203.0.113.5", CancellationToken.None);

        Assert.Equal("zone_inactive", no.Code);
        Assert.NotNull(no.WaitFor);
        Assert.Single(_vendor.Records);
    }

    [Fact]
    public async Task A_token_that_was_revoked_is_our_trouble_and_not_the_orders()
    {
        _vendor.IsTokenRevoked = true;

        var no = await Assert.ThrowsAsync<ProviderException>(() => _zone.UpsertAsync(Name, "203.0.113.5", CancellationToken.None));

        Assert.Equal(("provider_denied", false), (no.Code, no.IsFinal));
        Assert.NotNull(no.WaitFor);
    }

    public async Task InitializeAsync()
    {
        _vendor = await CloudflareEmulator.NewAsync(_clock);
        _zone = NewZone();
    }

    public async Task DisposeAsync()
    {
        await _vendor.DisposeAsync();
        Assert.True(_vendor.Wrong.IsEmpty, string.Join("; ", _vendor.Wrong.Distinct().Take(5)));
    }

    private CloudflareZone NewZone() => new(
        VendorClients.To((CloudflareZone.Key, _vendor.BaseUrl)),
        Options.Create(new CloudflareOptions { ApiToken = CloudflareEmulator.ApiToken, ZoneId = CloudflareEmulator.ZoneId, BaseUrl = _vendor.BaseUrl }),
        _clock);
}
