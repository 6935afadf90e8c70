using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Tests.Access;
using Spoq.Tests.Accounts;
using Spoq.Tests.Support;

namespace Spoq.Tests.Shell;

/// <summary>Calls that take more than a body: a code, a person's yes, a mailed secret, a client's own secret.</summary>
internal sealed class PreparedAccess(ApiWorld world)
{
    private const string Form = "application/x-www-form-urlencoded";
    private static readonly Caller s_test = new(IPAddress.Loopback, "test");

    /// <summary>Empty: the operation needs none of it.</summary>
    public async Task<IReadOnlyList<PreparedCall>> ForAsync(string operation, string path) => operation switch
    {
        "POST /oauth/token" => [await RedeemedAsync(path), await RefreshedAsync(path), await DeliveredAsync(path)],
        "POST /oauth/introspect" => await IntrospectedAsync(path),
        "POST /oauth/revoke" => [Fields(path, ("token", (await world.IssueAsync(OAuthVisitor.Dex, Scopes.OpenId)).RefreshToken), ("client_id", OAuthVisitor.Dex))],
        "POST /oauth/register" => [Json(path, new { client_name = "Dash", redirect_uris = new[] { "https://app.example.com/cb" } }), Json(path, Confidential())],
        "POST /oauth/device_authorization" => [Fields(path, ("client_id", "spoq-cli"), ("scope", "account"))],
        "GET /oauth/userinfo" or "POST /oauth/userinfo" => [Bearer("GET", path, await world.TokenAsync("openid profile")), Bearer("GET", path, await world.TokenAsync(Scopes.OpenId))],
        "POST /api/auth/login/mfa" => [await SecondStepAsync(path)],
        "POST /api/auth/reset-password" => [await ResetAsync(path)],
        "POST /auth/device/token" => [await PolledAsync(path)],
        "GET /v1/api-keys/current" => [Bearer("GET", path, await KeyAsync())],
        _ => [],
    };

    private async Task<PreparedCall> RedeemedAsync(string path) => Fields(
        path,
        ("grant_type", "authorization_code"),
        ("code", await world.Services.ApprovedCodeAsync(world.Stranger.AccountId, DateTimeOffset.UtcNow)),
        ("redirect_uri", OAuthVisitor.Callback),
        ("client_id", OAuthVisitor.Dex),
        ("code_verifier", OAuthVisitor.Verifier));

    private async Task<PreparedCall> RefreshedAsync(string path) => Fields(
        path,
        ("grant_type", "refresh_token"),
        ("refresh_token", (await world.IssueAsync(OAuthVisitor.Dex, "openid profile")).RefreshToken),
        ("client_id", OAuthVisitor.Dex),
        ("scope", "openid"));

    private async Task<PreparedCall> DeliveredAsync(string path) =>
        Fields(path, ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", await ApprovedDeviceAsync()), ("client_id", "spoq-cli"));

    private async Task<PreparedCall> PolledAsync(string path) => Json(path, new { device_code = await ApprovedDeviceAsync() });

    /// <summary>A living token, a renewing one, and one of somebody else, which is none.</summary>
    private async Task<IReadOnlyList<PreparedCall>> IntrospectedAsync(string path)
    {
        using var program = new ApiClient(world.BaseUrl);
        using var made = await program.PostAsync("/oauth/register", Confidential());
        var client = await ApiClient.JsonAsync(made, HttpStatusCode.Created);
        var (id, secret) = (client.GetProperty("client_id").GetString()!, client.GetProperty("client_secret").GetString()!);
        var issued = await world.IssueAsync(id, "openid profile");
        return [.. new[] { issued.AccessToken, issued.RefreshToken, await world.TokenAsync(Scopes.OpenId) }
            .Select(token => Fields(path, ("token", token), ("client_id", id), ("client_secret", secret)))];
    }

    private static object Confidential() => new { client_name = "Back office", redirect_uris = new[] { "https://app.example.com/cb" }, token_endpoint_auth_method = "client_secret_post" };

    private async Task<PreparedCall> SecondStepAsync(string path)
    {
        using var person = await ApiClient.SignedUpAsync(world.BaseUrl);
        var twoFactor = world.Services.GetRequiredService<TwoFactorService>();
        var offer = twoFactor.Offer(person.AccountId, person.Email);
        var code = Authenticator.CodeOf(offer.Secret, DateTimeOffset.UtcNow);
        Assert.True((await twoFactor.TurnOnAsync(person.AccountId, offer.SetUp, code, s_test, CancellationToken.None)).Try(out var codes, out _));
        using var login = await person.PostAsync("/api/auth/login", new { email = person.Email, password = ApiClient.Password });
        var asked = await ApiClient.JsonAsync(login, HttpStatusCode.OK);
        Assert.True(asked.GetProperty("mfa_required").GetBoolean());
        return Json(path, new { mfa_token = asked.GetProperty("mfa_token").GetString(), code = codes[0] });
    }

    private async Task<PreparedCall> ResetAsync(string path)
    {
        using var person = await ApiClient.SignedUpAsync(world.BaseUrl);
        using var asked = await person.PostAsync("/api/auth/forgot-password", new { email = person.Email });
        Assert.Equal(HttpStatusCode.Accepted, asked.StatusCode);
        return Json(path, new { token = await person.TokenFromMailAsync("/reset-password"), password = "an entirely new password" });
    }

    private async Task<string> ApprovedDeviceAsync()
    {
        using var machine = new ApiClient(world.BaseUrl);
        using var answer = await machine.PostAsync("/auth/device", new { device_name = "A laptop" });
        var started = await ApiClient.JsonAsync(answer, HttpStatusCode.OK);
        var devices = world.Services.GetRequiredService<DeviceGrantService>();
        var decided = await devices.DecideAsync(world.Stranger.AccountId, started.GetProperty("user_code").GetString(), isApproved: true, s_test, CancellationToken.None);
        Assert.True(decided.Try(out _, out var no), no?.Message);
        return started.GetProperty("device_code").GetString()!;
    }

    private async Task<string> KeyAsync()
    {
        using var made = await world.Owner.PostAsync("/v1/api-keys", new { name = "Current", scopes = new[] { "ai" } });
        return (await ApiClient.JsonAsync(made, HttpStatusCode.Created)).GetProperty("key").GetString()!;
    }

    private PreparedCall Json(string path, object body) => new(new ApiClient(world.BaseUrl), "POST", path, PreparedCall.Text(body));

    private PreparedCall Fields(string path, params (string Name, string Value)[] fields) =>
        new(new ApiClient(world.BaseUrl), "POST", path, string.Join('&', fields.Select(field => $"{field.Name}={Uri.EscapeDataString(field.Value)}")), Type: Form);

    private PreparedCall Bearer(string method, string path, string token) => new(new ApiClient(world.BaseUrl) { Token = token }, method, path, null);
}
