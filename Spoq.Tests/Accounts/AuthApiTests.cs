using System.Net;
using Spoq.Tests.Stories;
using Spoq.Tests.Support;

namespace Spoq.Tests.Accounts;

/// <summary>Signing up, in and out as a program does it.</summary>
public sealed class AuthApiTests(StoryServer fixture) : IClassFixture<StoryServer>
{
    [Theory]
    [InlineData("/api/auth/register")]
    [InlineData("/api/auth/signup")]
    [InlineData("/v1/auth/register")]
    public async Task Every_spelling_of_register_answers_tokens_in_the_same_shape(string path)
    {
        using var client = new ApiClient(fixture.Server);

        using var answer = await client.PostAsync(path, new { email = client.Email, password = ApiClient.Password });
        var tokens = await ApiClient.JsonAsync(answer, HttpStatusCode.OK);

        Assert.Equal(["access_token", "expires_in", "refresh_token", "token", "token_type", "user_id"], tokens.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal(tokens.GetProperty("access_token").GetString(), tokens.GetProperty("token").GetString());
        Assert.Equal("Bearer", tokens.GetProperty("token_type").GetString());
        Assert.Equal(3600, tokens.GetProperty("expires_in").GetInt32());
        Assert.Contains("no-store", answer.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Until_the_address_is_confirmed_the_tokens_open_next_to_nothing_and_then_everything()
    {
        using var client = new ApiClient(fixture.Server);
        await client.RegisterAsync();

        var before = await client.ReadAsync("/api/auth/me");
        using var refused = await client.GetAsync("/api/devices");
        using var wrong = await client.PostAsync("/api/auth/verify-email", new { code = "000000" });
        using var verified = await client.PostAsync("/api/auth/verify-email", new { code = await fixture.Server.CodeFromMailAsync(client.Email) });
        var after = await client.ReadAsync("/api/auth/me");

        Assert.False(before.GetProperty("email_confirmed").GetBoolean());
        Assert.Equal("email_unconfirmed", await ApiClient.CodeAsync(refused, HttpStatusCode.Forbidden));
        Assert.Equal("code_wrong", await ApiClient.CodeAsync(wrong, HttpStatusCode.UnprocessableEntity));
        Assert.Equal(client.AccountId, (await ApiClient.JsonAsync(verified, HttpStatusCode.OK)).GetProperty("user_id").GetGuid());
        Assert.True(after.GetProperty("email_confirmed").GetBoolean());
        Assert.Equal("Ada", after.GetProperty("name").GetString());
        Assert.Equal("none", after.GetProperty("subscription").GetProperty("status").GetString());
        Assert.Empty((await client.ReadAsync("/api/devices")).GetProperty("devices").EnumerateArray());
    }

    [Fact]
    public async Task An_address_that_has_an_account_gets_the_same_answer_and_nothing_opens_with_it()
    {
        using var owner = await ApiClient.SignedUpAsync(fixture.Server);
        using var stranger = new ApiClient(fixture.Server);

        using var answer = await stranger.PostAsync("/api/auth/register", new { email = owner.Email, password = "another long password" });
        stranger.Keep(await ApiClient.JsonAsync(answer, HttpStatusCode.OK));
        var me = await stranger.ReadAsync("/api/auth/me");
        using var refused = await stranger.GetAsync("/api/status");

        Assert.NotEqual(owner.AccountId, stranger.AccountId);
        Assert.False(me.GetProperty("email_confirmed").GetBoolean());
        Assert.Equal("email_unconfirmed", await ApiClient.CodeAsync(refused, HttpStatusCode.Forbidden));
    }

    [Theory]
    [InlineData("/api/auth/login")]
    [InlineData("/v1/auth/login")]
    public async Task Logging_in_gives_new_tokens_and_a_wrong_password_the_same_no_as_a_missing_account(string path)
    {
        using var client = await ApiClient.SignedUpAsync(fixture.Server);
        using var other = new ApiClient(fixture.Server);

        using var right = await other.PostAsync(path, new { email = client.Email, password = ApiClient.Password });
        using var wrong = await other.PostAsync(path, new { email = client.Email, password = "not the password" });
        using var missing = await other.PostAsync(path, new { email = "nobody@example.com", password = "not the password" });

        Assert.Equal(client.AccountId, (await ApiClient.JsonAsync(right, HttpStatusCode.OK)).GetProperty("user_id").GetGuid());
        Assert.Equal("wrong_login", await ApiClient.CodeAsync(wrong, HttpStatusCode.Unauthorized));
        Assert.Equal("wrong_login", await ApiClient.CodeAsync(missing, HttpStatusCode.Unauthorized));
    }

    [Theory]
    [InlineData("/api/auth/refresh")]
    [InlineData("/v1/auth/refresh")]
    [InlineData("/auth/refresh")]
    public async Task Every_spelling_of_refresh_rotates(string path)
    {
        using var client = await ApiClient.SignedUpAsync(fixture.Server);
        var spent = client.RefreshToken;

        using var answer = await client.PostAsync(path, new { refresh_token = spent });
        var tokens = await ApiClient.JsonAsync(answer, HttpStatusCode.OK);
        using var garbage = await client.PostAsync(path, new { refresh_token = "nothing of ours" });

        Assert.NotEqual(spent, tokens.GetProperty("refresh_token").GetString());
        Assert.Equal(client.AccountId, tokens.GetProperty("user_id").GetGuid());
        Assert.Equal("invalid_grant", await ApiClient.CodeAsync(garbage, HttpStatusCode.Unauthorized));
    }

    [Theory]
    [InlineData("/api/auth/logout", false)]
    [InlineData("/v1/auth/logout", false)]
    [InlineData("/auth/revoke", false)]
    [InlineData("/auth/revoke", true)]
    public async Task Logging_out_ends_access_and_refresh_tokens_at_once(string path, bool byRefreshToken)
    {
        using var client = await ApiClient.SignedUpAsync(fixture.Server);
        await client.ReadAsync("/api/auth/me");

        using var bye = await client.PostAsync(path, byRefreshToken ? new { token = client.RefreshToken } : null);
        Assert.Equal(HttpStatusCode.NoContent, bye.StatusCode);

        using var refreshed = await client.PostAsync("/api/auth/refresh", new { refresh_token = client.RefreshToken });
        Assert.Equal("invalid_grant", await ApiClient.CodeAsync(refreshed, HttpStatusCode.Unauthorized));
        await Eventually.TrueAsync(
            async () =>
            {
                using var answer = await client.GetAsync("/api/auth/me");
                return answer.StatusCode == HttpStatusCode.Unauthorized;
            },
            "the access token to be refused, before the fifteen seconds for which it would be believed",
            TimeSpan.FromSeconds(13));
    }

    [Fact]
    public async Task A_forgotten_password_is_set_anew_and_ends_what_was_signed_in()
    {
        using var client = await ApiClient.SignedUpAsync(fixture.Server);
        using var nobody = new ApiClient(fixture.Server);

        using var asked = await client.PostAsync("/api/auth/forgot-password", new { email = client.Email });
        using var askedForNobody = await nobody.PostAsync("/api/auth/forgot-password", new { email = nobody.Email });
        Assert.Equal(await asked.Content.ReadAsStringAsync(), await askedForNobody.Content.ReadAsStringAsync());
        Assert.Equal((asked.StatusCode, HttpStatusCode.Accepted), (askedForNobody.StatusCode, asked.StatusCode));

        var token = await client.TokenFromMailAsync("/reset-password");
        using var reset = await client.PostAsync("/api/auth/reset-password", new { token, password = "an entirely new password" });
        using var again = await client.PostAsync("/api/auth/reset-password", new { token, password = "an entirely new password" });
        using var login = await nobody.PostAsync("/api/auth/login", new { email = client.Email, password = "an entirely new password" });
        using var refreshed = await client.PostAsync("/api/auth/refresh", new { refresh_token = client.RefreshToken });

        Assert.Equal(HttpStatusCode.NoContent, reset.StatusCode);
        Assert.Equal("link_gone", await ApiClient.CodeAsync(again, HttpStatusCode.NotFound));
        Assert.Equal(HttpStatusCode.OK, login.StatusCode);
        Assert.Equal("invalid_grant", await ApiClient.CodeAsync(refreshed, HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task The_mailed_link_confirms_with_the_password_that_was_chosen_and_not_without()
    {
        using var client = new ApiClient(fixture.Server);
        using var elsewhere = new ApiClient(fixture.Server);
        await client.RegisterAsync();
        var token = await client.TokenFromMailAsync("/confirm-email");

        using var without = await elsewhere.PostAsync("/api/auth/verify-email", new { token });
        using var wrong = await elsewhere.PostAsync("/api/auth/verify-email", new { token, password = "not the password" });
        using var right = await elsewhere.PostAsync("/api/auth/verify-email", new { token, password = ApiClient.Password });

        Assert.Equal("sign_up_password_needed", await ApiClient.CodeAsync(without, HttpStatusCode.UnprocessableEntity));
        Assert.Equal("sign_up_password_wrong", await ApiClient.CodeAsync(wrong, HttpStatusCode.UnprocessableEntity));
        Assert.Equal(client.AccountId, (await ApiClient.JsonAsync(right, HttpStatusCode.OK)).GetProperty("user_id").GetGuid());
    }

    [Fact]
    public async Task The_mailed_code_confirms_with_the_password_and_tells_nobody_else_whether_there_is_a_sign_up()
    {
        using var client = new ApiClient(fixture.Server);
        using var elsewhere = new ApiClient(fixture.Server);
        await client.RegisterAsync();
        var code = await fixture.Server.CodeFromMailAsync(client.Email);

        using var nobody = await elsewhere.PostAsync("/api/auth/verify-email", new { email = "nobody@example.com", code, password = "not the password" });
        using var wrong = await elsewhere.PostAsync("/api/auth/verify-email", new { email = client.Email, code, password = "not the password" });
        using var without = await elsewhere.PostAsync("/api/auth/verify-email", new { email = client.Email, code });
        using var right = await elsewhere.PostAsync("/api/auth/verify-email", new { email = client.Email, code, password = ApiClient.Password });

        Assert.Equal("sign_up_password_wrong", await ApiClient.CodeAsync(nobody, HttpStatusCode.UnprocessableEntity));
        Assert.Equal("sign_up_password_wrong", await ApiClient.CodeAsync(wrong, HttpStatusCode.UnprocessableEntity));
        Assert.Equal("sign_up_password_needed", await ApiClient.CodeAsync(without, HttpStatusCode.UnprocessableEntity));
        Assert.Equal(client.AccountId, (await ApiClient.JsonAsync(right, HttpStatusCode.OK)).GetProperty("user_id").GetGuid());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_code_mailed_again_is_good_for_the_program_that_signed_up(bool byBearer)
    {
        using var client = new ApiClient(fixture.Server);
        using var elsewhere = new ApiClient(fixture.Server);
        await client.RegisterAsync();
        var first = await fixture.Server.CodeFromMailAsync(client.Email);

        using var asked = byBearer ? await client.PostAsync("/api/auth/resend-verification") : await elsewhere.PostAsync("/api/auth/resend-verification", new { email = client.Email });
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        var second = first;
        await Eventually.TrueAsync(async () => (second = await fixture.Server.CodeFromMailAsync(client.Email)) != first, "a mail with another code");
        using var verified = await client.PostAsync("/api/auth/verify-email", new { code = second });

        Assert.Equal(HttpStatusCode.OK, verified.StatusCode);
    }
}
