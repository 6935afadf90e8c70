using Spoq.Core.Instances.Setup;

namespace Spoq.Tests.Instances.Setup;

public sealed class AddressTests
{
    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("  Alice ", "alice")]
    [InlineData("ALICE-2", "alice-2")]
    [InlineData("bob", "bob")]
    [InlineData("123", "123")]
    [InlineData("a-b-c", "a-b-c")]
    [InlineData("modern-burn", "modern-burn")]
    [InlineData("claude", "claude")]
    [InlineData("mailbox-of-eve", "mailbox-of-eve")]
    [InlineData("apiary", "apiary")]
    [InlineData("nsync", "nsync")]
    public void A_good_name_has_one_spelling(string typed, string expected)
    {
        Assert.True(Address.Check(typed).Try(out var address, out _));
        Assert.Equal(expected, address);
    }

    [Theory]
    [InlineData(null, "missing")]
    [InlineData("", "missing")]
    [InlineData("   ", "missing")]
    [InlineData("a", "too_short")]
    [InlineData("ab", "too_short")]
    [InlineData("-ab", "bad_characters")]
    [InlineData("ab-", "bad_characters")]
    [InlineData("a--b", "bad_characters")]
    [InlineData("xn--80ak6aa92e", "bad_characters")]
    [InlineData("al ice", "bad_characters")]
    [InlineData("al.ice", "bad_characters")]
    [InlineData("al_ice", "bad_characters")]
    [InlineData("alice\n", "bad_characters")]
    [InlineData("alice\0", "bad_characters")]
    [InlineData("\talice", "bad_characters")]
    [InlineData("'; drop table users", "bad_characters")]
    [InlineData("<b>alice</b>", "bad_characters")]
    [InlineData("аlice", "bad_characters")]
    [InlineData("älice", "bad_characters")]
    [InlineData("ａｌｉｃｅ", "bad_characters")]
    [InlineData("alice١", "bad_characters")]
    [InlineData("🦊fox", "bad_characters")]
    [InlineData("www", "reserved")]
    [InlineData("WWW", "reserved")]
    [InlineData("admin", "reserved")]
    [InlineData("www2", "reserved")]
    [InlineData("ns1", "reserved")]
    [InlineData("mx-10", "reserved")]
    [InlineData("setup", "reserved")]
    [InlineData("autoconfig", "reserved")]
    [InlineData("spoq", "look_alike")]
    [InlineData("sp0q", "look_alike")]
    [InlineData("5poq", "look_alike")]
    [InlineData("spo9", "look_alike")]
    [InlineData("spog", "look_alike")]
    [InlineData("spooq", "look_alike")]
    [InlineData("spoq-login", "look_alike")]
    [InlineData("my-sp0q", "look_alike")]
    [InlineData("s-p-o-q", "look_alike")]
    [InlineData("getspoq", "look_alike")]
    [InlineData("adm1n", "look_alike")]
    [InlineData("adrnin", "look_alike")]
    [InlineData("supp0rt", "look_alike")]
    [InlineData("bill1ng", "look_alike")]
    [InlineData("vvvvvv", "look_alike")]
    public void A_bad_name_is_refused_with_its_reason(string? typed, string? code)
    {
        Address.Check(typed).Try(out _, out var refusal);

        Assert.Equal(code, refusal?.Code);
    }

    [Fact]
    public void Sixty_three_characters_fit_and_one_more_does_not()
    {
        Assert.True(Address.Check(new string('a', 63)).Try(out _, out _));
        Assert.False(Address.Check(new string('a', 64)).Try(out _, out var refusal));
        Assert.Equal("too_long", refusal.Code);
        Assert.False(Address.Check(new string('a', 10_000_000)).Try(out _, out _));
    }

    [Fact]
    public void A_foreign_letter_is_named_and_a_control_character_is_not_echoed()
    {
        Address.Check("аlice").Try(out _, out var letter);
        Address.Check("ali\u001bce").Try(out _, out var control);

        Assert.Contains("“а”", letter!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', control!.Message);
    }
}
