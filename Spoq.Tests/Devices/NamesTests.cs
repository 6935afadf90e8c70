using Spoq.Core.Devices;

namespace Spoq.Tests.Devices;

public sealed class NamesTests
{
    [Theory]
    [InlineData("alice", null)]
    [InlineData("_a-1", null)]
    [InlineData("", "username_missing")]
    [InlineData("Alice", "username_upper_case")]
    [InlineData("1alice", "username_start")]
    [InlineData("al ice", "username_characters")]
    [InlineData("аlice", "username_characters")]
    [InlineData("root", "username_reserved")]
    [InlineData("systemd-network", "username_reserved")]
    [InlineData("conductor", "username_reserved")]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdefg", "username_too_long")]
    public void Usernames_follow_Linux(string text, string? code) =>
        Assert.Equal(code, Username.Check(text).Try(out _, out var refusal) ? null : refusal.Code);

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("42-things", "things")]
    [InlineData("root", "me")]
    [InlineData("123", "me")]
    public void A_username_is_suggested_from_an_address(string address, string username) => Assert.Equal(username, Username.Suggest(address));

    [Theory]
    [InlineData("@alice", "alice")]
    [InlineData("https://sshid.io/Al.ice/", "Al.ice")]
    [InlineData("..", null)]
    [InlineData("a/b", null)]
    [InlineData("a%2e", null)]
    [InlineData("", null)]
    public void Handles_lose_what_stands_around_them(string text, string? handle) =>
        Assert.Equal(handle, Handle.Check(text).Try(out var found, out _) ? found : null);

    [Theory]
    [InlineData("My phone", true)]
    [InlineData("👩‍💻 Büro", true)]
    [InlineData(" ", false)]
    [InlineData("a\u0000b", false)]
    [InlineData("a\u202Eb", false)]
    public void Device_names_are_visible(string text, bool isGood) => Assert.Equal(isGood, DeviceName.Check(text).Try(out _, out _));

    [Theory]
    [InlineData("short-1", "password_too_short")]
    [InlineData("long enough, no digit", "password_needs_digit")]
    [InlineData("longenough1234", "password_needs_special")]
    [InlineData("alice-is-here-1", "password_holds_username")]
    [InlineData("correct horse 1", null)]
    public void Passwords_have_rules(string password, string? code) => Assert.Equal(code, LoginPassword.Check(password, "alice")?.Code);

    [Theory]
    [InlineData("correct horse 1", "saltsalt", 5000)]
    [InlineData("ü", "0123456789abcdef", 5000)]
    [InlineData("a password that is longer than the sixty-four bytes of one digest, by some 20", "x", 5000)]
    [InlineData("correct horse 1", "saltsalt", 10000)]
    public void Hashes_are_those_of_openssl(string password, string salt, int rounds)
    {
        var asked = rounds == 5000 ? salt : $"rounds={rounds}${salt}";

        Assert.Equal(SshKeygen.Run("openssl", password, ["passwd", "-6", "-salt", asked, "-stdin"]), Sha512Crypt.Hash(password, salt, rounds));
    }
}
