using Spoq.Core.Instances.Setup;

namespace Spoq.Tests.Instances.Setup;

public sealed class AddressSuggestionsTests
{
    [Fact]
    public void They_are_near_to_the_name_and_never_the_name()
    {
        var found = AddressSuggestions.For("alice");

        Assert.True(found.Count >= 2 * AddressSuggestions.Shown);
        Assert.All(found, name => Assert.Contains("alice", name, StringComparison.Ordinal));
        Assert.DoesNotContain("alice", found);
        Assert.Equal(found.Distinct(), found);
    }

    [Theory]
    [InlineData("José's Box", "joses-box")]
    [InlineData("Müller", "mueller")]
    [InlineData("аlice", "alice")]
    [InlineData("--al__ice--", "al-ice")]
    [InlineData("al.ice", "al-ice")]
    public void What_was_meant_is_offered_first(string typed, string first) => Assert.Equal(first, AddressSuggestions.For(typed)[0]);

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("🦊")]
    [InlineData("漢字")]
    [InlineData("spoq")]
    public void Nothing_is_offered_where_nothing_can_be(string? typed) => Assert.Empty(AddressSuggestions.For(typed));

    [Theory]
    [InlineData("ab")]
    [InlineData("www")]
    [InlineData("xn--80ak6aa92e")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("'; drop table users; --")]
    public void Every_one_is_a_valid_address(string typed)
    {
        var found = AddressSuggestions.For(typed);

        Assert.NotEmpty(found);
        Assert.All(found, name => Assert.True(Address.Check(name).Try(out var address, out _) && address == name));
    }
}
