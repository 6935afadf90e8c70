using System.Net;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

/// <summary>The OAuth server where things go wrong.</summary>
public sealed class OAuthEdgeTests
{
    [Theory]
    [InlineData("/oauth/revoke")]
    [InlineData("/auth/revoke")]
    public async Task Revoking_by_a_spent_refresh_token_ends_what_came_of_it(string path)
    {
        var server = await SpoqServer.SharedAsync();
        using var visitor = new OAuthVisitor(server);
        await visitor.Person.SignUpAsync();
        var (_, first) = await visitor.RedeemAsync(await visitor.CodeAsync());
        var spent = first.GetProperty("refresh_token").GetString()!;
        var (_, second) = await visitor.RefreshAsync(spent);
        using var api = await ApiClient.SignedUpAsync(server);
        var apiSpent = api.RefreshToken;
        using var renewed = await api.PostAsync("/api/auth/refresh", new { refresh_token = apiSpent });
        api.Keep(await ApiClient.JsonAsync(renewed, HttpStatusCode.OK));

        if (path == "/oauth/revoke")
        {
            Assert.Equal(HttpStatusCode.OK, (await visitor.PostAsync(path, ("token", spent), ("client_id", OAuthVisitor.Dex))).Status);
            Assert.Equal("invalid_grant", (await visitor.RefreshAsync(second.GetProperty("refresh_token").GetString()!)).Body.GetProperty("error").GetString());
            await Eventually.TrueAsync(
                async () => await visitor.UserInfoAsync(second.GetProperty("access_token").GetString()!) == HttpStatusCode.Unauthorized, "the newest access token to be refused");
        }
        else
        {
            using var nobody = new ApiClient(server);
            using var revoked = await nobody.PostAsync(path, new { token = apiSpent });
            Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
            using var refreshed = await nobody.PostAsync("/api/auth/refresh", new { refresh_token = api.RefreshToken });
            Assert.Equal("invalid_grant", await ApiClient.CodeAsync(refreshed, HttpStatusCode.Unauthorized));
        }
    }

    [Fact]
    public async Task Another_clients_spent_refresh_token_is_not_its_to_revoke()
    {
        using var visitor = new OAuthVisitor(await SpoqServer.SharedAsync());
        await visitor.Person.SignUpAsync();
        var (_, first) = await visitor.RedeemAsync(await visitor.CodeAsync());
        var spent = first.GetProperty("refresh_token").GetString()!;
        var (_, second) = await visitor.RefreshAsync(spent);

        var (status, _) = await visitor.PostAsync("/oauth/revoke", ("token", spent), ("client_id", "cat-a1b2c3d4"));

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(HttpStatusCode.OK, (await visitor.RefreshAsync(second.GetProperty("refresh_token").GetString()!)).Status);
    }

    [Theory]
    [InlineData("nonce", "a%00b", "invalid_request")]
    [InlineData("nonce", "%0A", "invalid_request")]
    public async Task A_control_character_in_what_is_kept_is_told_to_the_program(string name, string value, string error)
    {
        using var visitor = new OAuthVisitor(await SpoqServer.SharedAsync());
        await visitor.Person.SignUpAsync();

        using var answer = await visitor.Person.Http.GetAsync(new Uri($"{OAuthVisitor.Request((name, null))}&{name}={value}", UriKind.Relative));

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal(OAuthVisitor.Callback, answer.Headers.Location!.GetLeftPart(UriPartial.Path));
        Assert.Equal(error, QueryHelpers.ParseQuery(answer.Headers.Location.Query)["error"]);
    }

    [Theory]
    [InlineData("state")]
    [InlineData("scope")]
    [InlineData("code_challenge")]
    [InlineData("redirect_uri")]
    [InlineData("client_id")]
    [InlineData("prompt")]
    [InlineData("max_age")]
    [InlineData("login_hint")]
    public async Task A_NUL_anywhere_in_a_request_is_no_failure_of_ours(string name)
    {
        using var visitor = new OAuthVisitor(await SpoqServer.SharedAsync());
        await visitor.Person.SignUpAsync();
        var request = $"{OAuthVisitor.Request((name, null))}&{name}=a%00b";

        using var answer = await visitor.Person.Http.GetAsync(new Uri(request, UriKind.Relative));
        Assert.InRange((int)answer.StatusCode, 200, 499);
        if (answer.StatusCode == HttpStatusCode.OK)
        {
            using var pressed = await visitor.Person.SubmitAsync(request, "consent", await visitor.Person.FormTokenAsync("/dashboard/account"), "decision=authorize");
            Assert.InRange((int)pressed.StatusCode, 300, 499);
        }
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"client_id\"\r\n\r\ndex")]
    [InlineData("multipart/form-data", "no boundary is named")]
    [InlineData("multipart/form-data; boundary=x", "nothing of the kind")]
    public async Task A_posted_request_in_broken_parts_is_bad_input(string type, string body)
    {
        using var visitor = new OAuthVisitor(await SpoqServer.SharedAsync());
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        using var answer = await visitor.Person.Http.PostAsync(new Uri("/oauth/authorize", UriKind.Relative), content);

        Assert.InRange((int)answer.StatusCode, 400, 499);
    }
}
