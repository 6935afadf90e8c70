using Spoq.Core.Billing;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Resizing;
using Spoq.Infrastructure.Billing;

namespace Spoq.Tests.Instances.Resizing;

public sealed class SizeRulesTests
{
    private const ServerCapabilities Grows = ServerCapabilities.Resize;
    private const ServerCapabilities Both = ServerCapabilities.Resize | ServerCapabilities.Shrink;
    private const long Gb = 1_000_000_000;

    private static readonly PlanCatalogue s_plans = PlanFile.Load(Path.Combine(AppContext.BaseDirectory, "plans.json"));

    [Fact]
    public void The_sizes_of_a_plan_differ_in_nothing_else()
    {
        Assert.Equal(["vps-1", "vps-2", "vps-4", "vps-8"], Keys("vps-2"));
        Assert.Equal(["cloud"], Keys("cloud"));
        Assert.Equal(["pro"], Keys("pro"));
        Assert.Empty(Keys("byo"));
    }

    [Theory]
    [InlineData("vps-1", "vps-2", Both, null)]
    [InlineData("vps-1", "vps-2", Grows, null)]
    [InlineData("vps-2", "vps-1", Grows, "cannot_shrink")]
    [InlineData("vps-1", "vps-2", ServerCapabilities.Delete, "resize_unavailable")]
    [InlineData("vps-1", "vps-1", Both, "same_size")]
    [InlineData("vps-1", "pro", Both, "other_kind")]
    [InlineData("cloud", "vps-1", Both, "other_kind")]
    [InlineData("byo", "vps-1", Both, "other_kind")]
    public void What_a_provider_cannot_do_is_refused(string from, string to, ServerCapabilities can, string? code) =>
        Assert.Equal(code, SizeRules.WhyNot(Plan(from), Plan(to), can, 0)?.Code);

    [Fact]
    public void A_smaller_disk_must_hold_what_is_there_with_a_tenth_to_spare()
    {
        Assert.Null(SizeRules.WhyNot(Plan("vps-2"), Plan("vps-1"), Both, 45 * Gb));
        var no = SizeRules.WhyNot(Plan("vps-2"), Plan("vps-1"), Both, (45 * Gb) + 1)!;
        Assert.Equal("disk_too_full", no.Code);
        Assert.Contains("takes 45 GB, and the smaller disk has 50 GB", no.Message, StringComparison.Ordinal);
        Assert.Equal("disk_unknown", SizeRules.WhyNot(Plan("vps-2"), Plan("vps-1"), Both, null)!.Code);
        Assert.Null(SizeRules.WhyNot(Plan("vps-1"), Plan("vps-2"), Both, null));
    }

    private static IEnumerable<string> Keys(string of) => SizeRules.SizesOf(Plan(of), s_plans).Select(plan => plan.Key);

    private static Plan Plan(string key) => s_plans.Find(key)!;
}
