using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

/// <summary>A person without scripts and the program that sends them: the whole flow by plain HTTP.</summary>
internal sealed class OAuthVisitor(SpoqServer server) : IDisposable
{
    public const string Dex = "dex-a1b2c3d4";
    public const string Callback = "http://localhost:3999/cb";
    public const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    public const string Challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    private readonly HttpClient _program = server.NewClient(followRedirects: false);

    public HttpVisitor Person { get; } = new(server);

    public HttpClient Program => _program;

    public void Dispose()
    {
        Person.Dispose();
        _program.Dispose();
    }

    public static string Request(params (string Name, string? Value)[] changes)
    {
        var parameters = new Dictionary<string, string?>
        {
            ["client_id"] = Dex,
            ["redirect_uri"] = Callback,
            ["response_type"] = "code",
            ["scope"] = "openid profile",
            ["state"] = "a state & more",
            ["nonce"] = "n-1",
            ["code_challenge"] = Challenge,
            ["code_challenge_method"] = "S256",
        };
        foreach (var (name, value) in changes)
        {
            parameters[name] = value;
        }

        return QueryHelpers.AddQueryString("/oauth/authorize", parameters.Where(pair => pair.Value is not null));
    }

    /// <summary>Reads the page and presses a button; what the browser is sent to.</summary>
    public async Task<Uri> AnswerAsync(string request, string decision = "authorize")
    {
        using var answer = await Person.SubmitAsync(request, "consent", await Person.FormTokenAsync(request), $"decision={decision}");
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        return answer.Headers.Location!;
    }

    public async Task<string> CodeAsync(string? request = null) =>
        QueryHelpers.ParseQuery((await AnswerAsync(request ?? Request())).Query)["code"].ToString();

    public Task<(HttpStatusCode Status, JsonElement Body)> RedeemAsync(string code, string clientId = Dex, string verifier = Verifier) =>
        PostAsync("/oauth/token", ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Callback), ("client_id", clientId), ("code_verifier", verifier));

    public Task<(HttpStatusCode Status, JsonElement Body)> RefreshAsync(string refreshToken) =>
        PostAsync("/oauth/token", ("grant_type", "refresh_token"), ("refresh_token", refreshToken), ("client_id", Dex));

    public async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, params (string Name, string Value)[] parameters)
    {
        using var form = new FormUrlEncodedContent(parameters.Select(pair => KeyValuePair.Create(pair.Name, pair.Value)));
        using var answer = await _program.PostAsync(new Uri(path, UriKind.Relative), form);
        var text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement);
    }

    public async Task<HttpStatusCode> UserInfoAsync(string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/oauth/userinfo");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        using var answer = await _program.SendAsync(request);
        return answer.StatusCode;
    }
}
