using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication.OAuth;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Web.Accounts.Google;

/// <summary>OpenID Connect by its user info endpoint: over TLS from Google itself, its answer needs no signature.</summary>
internal static class GoogleSignIn
{
    public const string CallbackPath = "/api/auth/google/callback";

    public static void Configure(OAuthOptions options, SignInProvider provider)
    {
        // In production the token endpoint has a host of its own.
        var isVendor = provider.BaseUrl.Host == "accounts.google.com";
        options.CallbackPath = CallbackPath;
        options.AuthorizationEndpoint = new Uri(provider.BaseUrl, "o/oauth2/v2/auth").ToString();
        options.TokenEndpoint = new Uri(isVendor ? new Uri("https://oauth2.googleapis.com/") : provider.BaseUrl, "token").ToString();
        options.UserInformationEndpoint = new Uri(provider.ApiBaseUrl, "v1/userinfo").ToString();
        options.Scope.Add("openid");
        options.Scope.Add("email");
        options.Scope.Add("profile");
        options.AdditionalAuthorizationParameters["prompt"] = "select_account";
        options.Events.OnCreatingTicket = context => ReadAsync(context, provider);
    }

    private static async Task ReadAsync(OAuthCreatingTicketContext context, SignInProvider provider)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, context.Options.UserInformationEndpoint);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", context.AccessToken);
        using var response = await context.Backchannel.SendAsync(request, context.HttpContext.RequestAborted);
        response.EnsureSuccessStatusCode();
        using var user = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(context.HttpContext.RequestAborted), default, context.HttpContext.RequestAborted);
        var claims = user.RootElement;
        var email = claims.TryGetProperty("email", out var address) ? address.GetString() : null;
        ExternalTicket.Write(context.Identity!, provider, claims.GetProperty("sub").GetString(), email, IsVerified(claims) ? email : null);
    }

    /// <summary>A boolean, in older answers its text.</summary>
    private static bool IsVerified(JsonElement claims) =>
        claims.TryGetProperty("email_verified", out var verified) && (verified.ValueKind == JsonValueKind.True || verified.ValueKind == JsonValueKind.String && verified.GetString() == "true");
}
