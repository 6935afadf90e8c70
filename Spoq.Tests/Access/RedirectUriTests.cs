using Spoq.Core.Access;

namespace Spoq.Tests.Access;

/// <summary>Where answers may go. A code sent to the wrong place is an account given away.</summary>
public sealed class RedirectUriTests
{
    public static TheoryData<string> Mutations =>
    [
        "http://app.example.com/cb", "https://app.example.com/cb/", "https://app.example.com/cb?", "https://app.example.com/cb?x=1", "https://app.example.com/cb#", "https://app.example.com/cb#x",
        "https://app.example.com/CB", "https://APP.example.com/cb", "https://app.example.com:443/cb", "https://app.example.com:8443/cb", "https://app.example.com./cb", "https://app.example.com",
        "https://app.example.com/", "https://app.example.com//cb", "https://app.example.com/./cb", "https://app.example.com/x/../cb", "https://app.example.com/%63b", "https://app.example.com/cb%2f",
        "https://app.example.com/cb%00", "https://app.example.com/cb%0d%0a", "https://app.example.com/cb\r\n", " https://app.example.com/cb", "https://app.example.com/cb ", "https://app.example.com\\cb",
        "https://app.example.com\\@evil.example/cb", "https://evil.example/cb", "https://app.example.com.evil.example/cb", "https://evil-app.example.com/cb", "https://app.example.comevil.example/cb",
        "https://app.example.com@evil.example/cb", "https://user@app.example.com/cb", "https://evil.example/https://app.example.com/cb", "https://evil.example?https://app.example.com/cb",
        "https://evil.example#https://app.example.com/cb", "//app.example.com/cb", "/cb", "app.example.com/cb", "javascript:alert(1)", "data:text/html,x", "custom:/cb", "https:app.example.com/cb",
        "https:///app.example.com/cb", "https://*.example.com/cb", "https://sub.app.example.com/cb", "https://аpp.example.com/cb", "https://app。example.com/cb", "https://127.0.0.1/cb", "https://[::1]/cb",
        "https://app.example.com/cb;x", "https://app.example.com/cb/../cb", "ftp://app.example.com/cb", "http://localhost/cb", "",
    ];

    public static TheoryData<string> LoopbackMutations =>
    [
        "https://127.0.0.1/cb", "http://127.0.0.1:99999/cb", "http://127.0.0.1:0/cb", "http://127.0.0.1:080/cb", "http://127.0.0.1:/cb", "http://127.0.0.1:80a/cb", "http://127.0.0.2/cb", "http://localhost:4000/cb",
        "http://[::1]:4000/cb", "http://127.0.0.1.evil.example/cb", "http://127.0.0.1:4000@evil.example/cb", "http://127.0.0.1:4000/cb/", "http://127.0.0.1:4000/", "http://127.0.0.1:4000/cb?x", "http://127.0.0.1:4000/cb#x",
        "http://127.1/cb", "http://0x7f000001/cb", "http://2130706433/cb", "http://0/cb", "http://127.0.0.1:4000\\@evil.example/cb", "http://127.0.0.1 :4000/cb", "HTTP://127.0.0.1:4000/cb", "http://127.0.0.1:4000/x/../cb",
    ];

    [Theory]
    [MemberData(nameof(Mutations))]
    public void Nothing_but_the_registered_address_itself_is_answered(string presented) =>
        Assert.False(RedirectUri.Matches("https://app.example.com/cb", presented));

    [Theory]
    [MemberData(nameof(LoopbackMutations))]
    public void On_loopback_the_port_is_free_and_nothing_else(string presented) =>
        Assert.False(RedirectUri.Matches("http://127.0.0.1/cb", presented));

    [Theory]
    [InlineData("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb")]
    [InlineData("http://127.0.0.1:3000/cb?a=1", "http://127.0.0.1/cb?a=1")]
    [InlineData("http://[::1]/cb", "http://[::1]:65535/cb")]
    [InlineData("http://localhost:8080", "http://localhost:1")]
    public void A_program_on_the_persons_own_device_takes_whatever_port_is_free(string registered, string presented) =>
        Assert.True(RedirectUri.Matches(registered, presented));

    [Theory]
    [InlineData("https://app.example.com/cb")]
    [InlineData("https://app.example.com")]
    [InlineData("https://app.example.com:8443/a/b?c=d&e=%20")]
    [InlineData("https://box.tail1234.ts.net/oauth/callback")]
    [InlineData("http://localhost:3000/cb")]
    [InlineData("http://[::1]:3000/cb")]
    public void What_every_parser_reads_alike_may_be_registered(string text) => Assert.True(RedirectUri.IsAcceptable(text));

    [Theory]
    [InlineData("http://app.example.com/cb")]
    [InlineData("https://app")]
    [InlineData("https://10.0.0.1/cb")]
    [InlineData("https://app.example.com/cb#x")]
    [InlineData("https://App.example.com/cb")]
    [InlineData("https://*.example.com/cb")]
    [InlineData("https://app.example.com/a/%2e%2e/cb")]
    [InlineData("https://app.example.com/cb%")]
    [InlineData("https://user@app.example.com/cb")]
    [InlineData("https://-app.example.com/cb")]
    [InlineData("com.example.app:/cb")]
    [InlineData("http://localhost.evil.example/cb")]
    [InlineData("https://app.example.com/cb\n")]
    [InlineData(null)]
    public void What_could_be_read_in_two_ways_may_not(string? text) => Assert.False(RedirectUri.IsAcceptable(text));

    [Theory]
    [InlineData("http://localhost:3000/cb", true)]
    [InlineData("https://box.tail1234.ts.net/cb", true)]
    [InlineData("https://box.tail1234.ts.net:8443/cb", true)]
    [InlineData("http://box.tail1234.ts.net/cb", false)]
    [InlineData("https://ts.net/cb", false)]
    [InlineData("https://evilts.net/cb", false)]
    [InlineData("https://box.ts.net.evil.example/cb", false)]
    [InlineData("https://evil.example/.ts.net", false)]
    [InlineData("https://app.example.com/cb", false)]
    public void A_self_hosted_program_known_by_its_id_alone_answers_on_its_own_machine_or_tailnet(string presented, bool isAllowed) =>
        Assert.Equal(isAllowed, OAuthClient.BuiltIn("dex-a1b2c3d4")!.MayReturnTo(presented));

    [Theory]
    [InlineData("dex-a1b2c3d4", true)]
    [InlineData("dex-a1b2c3d", false)]
    [InlineData("DEX-a1b2c3d4", false)]
    [InlineData("dex-a1b2c3g4", false)]
    [InlineData("dex-a1b2c3d4\n", false)]
    [InlineData("app_0123", false)]
    public void The_id_of_a_self_hosted_program_is_a_word_and_eight_hexadecimal_digits(string id, bool isOne) => Assert.Equal(isOne, SelfHosted.IsId(id));

    [Fact]
    public void An_answer_adds_its_parameters_and_leaves_the_rest_alone()
    {
        Assert.Equal("https://a.example/cb?code=x%2By&state=%C3%A4%20%26", RedirectUri.With("https://a.example/cb", [new("code", "x+y"), new("state", "ä &"), new("none", null)]));
        Assert.Equal("https://a.example/cb?a=%7e&code=x", RedirectUri.With("https://a.example/cb?a=%7e", [new("code", "x")]));
    }
}
