using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication.OAuth;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Web.Accounts.GitHub;

/// <summary>GitHub is OAuth 2.0 without an id token: the person is asked for with the access token, which is then forgotten.</summary>
internal static class GitHubSignIn
{
    public const string CallbackPath = "/auth/github/callback";

    public static void Configure(OAuthOptions options, SignInProvider provider)
    {
        options.CallbackPath = CallbackPath;
        options.AuthorizationEndpoint = new Uri(provider.BaseUrl, "login/oauth/authorize").ToString();
        options.TokenEndpoint = new Uri(provider.BaseUrl, "login/oauth/access_token").ToString();
        options.Scope.Add("user:email");
        options.Events.OnCreatingTicket = context => ReadAsync(context, provider);
    }

    /// <summary>The address in the profile is whatever its owner shows and may be missing; the verified ones are a list of their own.</summary>
    private static async Task ReadAsync(OAuthCreatingTicketContext context, SignInProvider provider)
    {
        using var user = await GetAsync(context, new Uri(provider.ApiBaseUrl, "user"));
        using var emails = await GetAsync(context, new Uri(provider.ApiBaseUrl, "user/emails"));
        var verified = emails.RootElement.EnumerateArray()
            .Where(email => email.GetProperty("verified").GetBoolean() && email.GetProperty("primary").GetBoolean())
            .Select(email => email.GetProperty("email").GetString()).FirstOrDefault();
        ExternalTicket.Write(context.Identity!, provider, user.RootElement.GetProperty("id").GetRawText(), user.RootElement.GetProperty("login").GetString(), verified);
    }

    private static async Task<JsonDocument> GetAsync(OAuthCreatingTicketContext context, Uri address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", context.AccessToken);
        request.Headers.Accept.ParseAdd("application/vnd.github+json");
        request.Headers.UserAgent.ParseAdd("Spoq");
        request.Headers.Add("X-GitHub-Api-Version", "2022-11-28");
        using var response = await context.Backchannel.SendAsync(request, context.HttpContext.RequestAborted);
        response.EnsureSuccessStatusCode();
        return await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(context.HttpContext.RequestAborted), default, context.HttpContext.RequestAborted);
    }
}
