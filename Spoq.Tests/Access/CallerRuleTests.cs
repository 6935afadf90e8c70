using Spoq.Core.Access;

namespace Spoq.Tests.Access;

public sealed class CallerRuleTests
{
    private static readonly CallerRule s_instance = new(Scopes.Instance);
    private static readonly CallerRule s_account = new(Scopes.Account);

    [Theory]
    [InlineData(CredentialKind.Cookie, "", null)]
    [InlineData(CredentialKind.Token, "instance", null)]
    [InlineData(CredentialKind.Token, "openid account", null)]
    [InlineData(CredentialKind.Token, "openid profile", "insufficient_scope")]
    [InlineData(CredentialKind.Token, "", "insufficient_scope")]
    [InlineData(CredentialKind.Token, "instances INSTANCE", "insufficient_scope")]
    [InlineData(CredentialKind.ApiKey, "instance", "api_key_not_accepted")]
    public void A_scope_is_held_by_a_cookie_or_by_the_token_that_names_it(CredentialKind kind, string scopes, string? code) =>
        Assert.Equal(code, s_instance.Check(new CallerFacts(kind, ScopeSet.Parse(scopes)))?.Code);

    [Theory]
    [InlineData("ai", null)]
    [InlineData("identity", "insufficient_scope")]
    [InlineData("account", "insufficient_scope")]
    public void A_key_is_good_for_what_it_names_where_keys_are_taken_and_never_for_everything(string scopes, string? code) =>
        Assert.Equal(code, (new CallerRule(Scopes.Ai) { AcceptsApiKeys = true }).Check(new CallerFacts(CredentialKind.ApiKey, ScopeSet.Parse(scopes)))?.Code);

    [Fact]
    public void A_sign_up_that_is_not_confirmed_gets_in_only_where_that_is_said()
    {
        var fresh = new CallerFacts(CredentialKind.Token, ScopeSet.Parse("account")) { IsConfirmed = false };

        Assert.Equal("email_unconfirmed", s_account.Check(fresh)?.Code);
        Assert.Null((s_account with { AllowsUnconfirmed = true }).Check(fresh));
    }

    [Fact]
    public void An_administrators_page_asks_for_the_role_whatever_the_credential()
    {
        var rule = s_account with { NeedsAdmin = true };

        Assert.Equal("admin_only", rule.Check(new CallerFacts(CredentialKind.Cookie, ScopeSet.Empty))?.Code);
        Assert.Null(rule.Check(new CallerFacts(CredentialKind.Token, ScopeSet.Parse("account")) { IsAdmin = true }));
    }

    [Fact]
    public void Scopes_are_a_set_whose_order_and_blanks_say_nothing()
    {
        Assert.Equal(ScopeSet.Parse("profile  openid openid"), ScopeSet.Parse("openid profile"));
        Assert.Equal("openid profile", ScopeSet.Parse("profile openid").ToString());
        Assert.True(ScopeSet.Parse("openid").IsWithin(ScopeSet.Parse("openid ai")));
        Assert.False(ScopeSet.Parse("openid account").IsWithin(ScopeSet.Parse("openid ai")));
        Assert.Equal(0, ScopeSet.Parse("  ").Count);
    }

    [Fact]
    public void Every_scope_that_can_be_granted_is_said_in_words_and_the_whole_account_is_none_of_them()
    {
        Assert.All(Scopes.Grantable, scope => Assert.NotEqual(scope, Scopes.Describe(scope)));
        Assert.DoesNotContain(Scopes.Account, Scopes.Grantable);
    }
}
