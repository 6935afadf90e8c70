using Spoq.Core.Billing;
using Spoq.Infrastructure.Billing;

namespace Spoq.Tests.Billing;

public sealed class PlanCatalogueTests
{
    private static readonly Plan s_good = new(
        "cloud", "Cloud", "A container.", ServerKind.Container, new ServerSize(1, 2, 10), new Money(1500, "usd"), new Money(15000, "usd"), 0, new TokenPrice(3000, 15000), false, Spoq.Core.Billing.Support.Community);

    [Fact]
    public void The_file_we_ship_holds_every_plan_at_its_price()
    {
        var catalogue = PlanFile.Load(Path.Combine(AppContext.BaseDirectory, "plans.json"));

        Assert.Equal(
            ["cloud $15 $150", "vps-1 $20 ", "vps-2 $26 ", "vps-4 $42 ", "vps-8 $80 ", "byo $10 ", "basic $50 ", "pro $250 "],
            catalogue.Plans.Select(plan => $"{plan.Key} {plan.Monthly} {plan.Yearly}"));
        Assert.Equal(5_000_000, catalogue.Find("basic")!.IncludedTokens);
        Assert.Equal(new TokenPrice(2500, 12000), catalogue.Find("pro")!.Overage);
        Assert.Null(catalogue.Find("Cloud"));
    }

    [Fact]
    public void A_plan_is_sold_by_the_year_only_where_it_has_a_yearly_price()
    {
        Assert.Equal(new Money(15000, "usd"), s_good.Price(BillingInterval.Year));
        Assert.Null((s_good with { Yearly = null }).Price(BillingInterval.Year));
    }

    [Fact]
    public void A_good_catalogue_has_no_problems() => Assert.Empty(PlanCatalogue.Check([s_good]));

    public static TheoryData<Plan, string> Broken => new()
    {
        { s_good with { Monthly = new Money(0, "usd") }, "plan 'cloud': prices must be positive" },
        { s_good with { Yearly = new Money(-1, "usd") }, "plan 'cloud': prices must be positive" },
        { s_good with { Yearly = new Money(99999, "usd") }, "plan 'cloud': a year ($999.99) must not cost more than twelve months of $15" },
        { s_good with { Key = "Cloud One" }, "plan 'Cloud One': key must be" },
        { s_good with { Key = "" }, "plan 'number 1': key must be" },
        { s_good with { Name = " " }, "plan 'cloud': name and summary" },
        { s_good with { Monthly = new Money(1, "USD"), Yearly = null }, "plan 'cloud': currency 'USD'" },
        { s_good with { Overage = new TokenPrice(0, 1) }, "plan 'cloud': overage prices" },
        { s_good with { IncludedTokens = -1 }, "plan 'cloud': included tokens" },
        { s_good with { Size = new ServerSize(0, 2, 10) }, "plan 'cloud': cpus" },
        { s_good with { Server = ServerKind.OwnServer }, "plan 'cloud': cpus" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_plan_is_named_with_what_is_wrong(Plan plan, string problem)
    {
        var said = Assert.Throws<InvalidDataException>(() => new PlanCatalogue([plan])).Message;

        Assert.Contains(problem, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_are_unique() =>
        Assert.Contains("plan 'cloud' appears 2 times", Assert.Single(PlanCatalogue.Check([s_good, s_good])), StringComparison.Ordinal);

    [Fact]
    public void A_catalogue_needs_a_plan() => Assert.Throws<InvalidDataException>(() => new PlanCatalogue([]));

    [Theory]
    [InlineData("{", "not in the form expected")]
    [InlineData("null", "empty")]
    [InlineData("""{"currency":"usd","plans":[{"key":"a"}]}""", "not in the form expected")]
    [InlineData("""{"currency":"usd","plans":[],"extra":1}""", "extra")]
    [InlineData("""{"currency":"usd","plans":[{"key":"a","name":"A","summary":"A","server":"submarine","monthly":1,"overage":{"input_per_thousand":1,"output_per_thousand":1}}]}""", "plans[0].server")]
    [InlineData("""{"currency":"usd","plans":[{"key":"a","name":"A","summary":"A","server":"own_server","monthly":1.5,"overage":{"input_per_thousand":1,"output_per_thousand":1}}]}""", "plans[0].monthly")]
    public void A_malformed_file_says_where(string json, string said) =>
        Assert.Contains(said, Assert.Throws<InvalidDataException>(() => PlanFile.Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Contains("/nowhere/plans.json", Assert.Throws<InvalidDataException>(() => PlanFile.Load("/nowhere/plans.json")).Message, StringComparison.Ordinal);
}
