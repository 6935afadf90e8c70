using Spoq.Core.Access;

namespace Spoq.Tests.Access;

public sealed class ClientRegistrationTests
{
    private static readonly ClientMetadata s_usual = new() { ClientName = "Dash", RedirectUris = ["https://dash.example.com/cb"] };

    [Fact]
    public void Left_out_members_mean_what_the_standard_says()
    {
        var made = Fine(s_usual);

        Assert.Equal("client_secret_basic", made.AuthMethod);
        Assert.Equal(["authorization_code", "refresh_token"], made.GrantTypes);
        Assert.Null(made.Scope);
        Assert.Null(made.Id);
    }

    [Fact]
    public void A_self_hosted_program_brings_its_id_and_is_public()
    {
        var made = Fine(s_usual with { ClientId = "dex-a1b2c3d4" });

        Assert.Equal(("dex-a1b2c3d4", "none"), (made.Id, made.AuthMethod));
        Assert.Equal("invalid_client_metadata", Wrong(s_usual with { ClientId = "dex-a1b2c3d4", TokenEndpointAuthMethod = "client_secret_post" }));
        Assert.Equal("invalid_client_metadata", Wrong(s_usual with { ClientId = "spoq-cli" }));
    }

    [Theory]
    [InlineData("http://dash.example.com/cb")]
    [InlineData("https://dash.example.com/cb#x")]
    [InlineData("https://*.example.com/cb")]
    [InlineData("https://spoq.test/anything")]
    [InlineData("javascript:alert(1)")]
    public void Answers_go_nowhere_doubtful_and_not_to_ourselves(string uri) => Assert.Equal("invalid_redirect_uri", Wrong(s_usual with { RedirectUris = [uri] }));

    [Fact]
    public void What_is_not_offered_is_refused_by_name()
    {
        Assert.Equal("invalid_redirect_uri", Wrong(s_usual with { RedirectUris = [] }));
        Assert.Equal("invalid_redirect_uri", Wrong(s_usual with { RedirectUris = [.. Enumerable.Range(0, 11).Select(i => $"https://a{i}.example.com/cb")] }));
        Assert.Equal("invalid_client_metadata", Wrong(s_usual with { TokenEndpointAuthMethod = "private_key_jwt" }));
        Assert.Equal("invalid_client_metadata", Wrong(s_usual with { GrantTypes = ["password"] }));
        Assert.Equal("invalid_client_metadata", Wrong(s_usual with { ResponseTypes = ["token"] }));
        Assert.Equal("invalid_client_metadata", Wrong(s_usual with { Scope = "account root" }));
        Assert.Equal("invalid_client_metadata", Wrong(s_usual with { ClientUri = "javascript:alert(1)" }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("Spoq\u202Eqops")]
    [InlineData("Da\u200Bsh")]
    [InlineData("Dash\n")]
    [InlineData("Da\tsh")]
    public void A_name_that_shows_other_than_it_is_is_refused(string name) =>
        Assert.True(name == "Dash\n" ? Fine(s_usual with { ClientName = name }).Name == "Dash" : Wrong(s_usual with { ClientName = name }) == "invalid_client_metadata");

    [Fact]
    public void Scopes_that_cannot_be_granted_fall_away()
    {
        Assert.Equal("openid ai", Fine(s_usual with { Scope = "openid email ai account" }).Scope);
    }

    private static ClientRegistration Fine(ClientMetadata metadata)
    {
        Assert.Null(ClientRegistration.Read(metadata, "spoq.test", out var made));
        return made!;
    }

    private static string? Wrong(ClientMetadata metadata) => ClientRegistration.Read(metadata, "spoq.test", out _)?.Code;
}
