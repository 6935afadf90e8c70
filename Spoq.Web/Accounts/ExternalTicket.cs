using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Web.Accounts;

/// <summary>What a browser wants of a provider.</summary>
internal enum ExternalPurpose
{
    SignIn,
    Link,
    Confirm,
}

/// <summary>A provider's answer, kept in a sealed cookie for the few minutes until it is used.</summary>
/// <param name="Identity">Who the provider says is there.</param>
/// <param name="Purpose">What it was asked for.</param>
/// <param name="AccountId">Whose page asked, where somebody was signed in.</param>
/// <param name="Next">Where the person was heading.</param>
internal sealed record ExternalTicket(ExternalIdentity Identity, ExternalPurpose Purpose, Guid? AccountId, string? Next)
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    private const string Provider = "provider";
    private const string VerifiedEmail = "verified_email";
    private const string Purposes = "purpose";
    private const string Account = "account";
    private const string Heading = "next";
    private const int MaxText = 200;

    public static AuthenticationProperties Ask(ExternalPurpose purpose, Guid? accountId, string? next) => new(new Dictionary<string, string?>
    {
        [Purposes] = purpose.ToString(),
        [Account] = accountId?.ToString(),
        [Heading] = next,
    })
    { RedirectUri = ExternalSignIn.DonePath };

    /// <exception cref="InvalidOperationException">The provider named nobody.</exception>
    public static void Write(ClaimsIdentity identity, SignInProvider provider, string? subject, string? name, string? verifiedEmail)
    {
        if (subject is not { Length: > 0 and <= MaxText })
        {
            throw new InvalidOperationException($"{provider.Name} named nobody.");
        }

        identity.AddClaim(new Claim(Provider, provider.Slug));
        identity.AddClaim(new Claim(ClaimTypes.NameIdentifier, subject));
        identity.AddClaim(new Claim(ClaimTypes.Name, name is { Length: > 0 } ? name[..Math.Min(name.Length, MaxText)] : subject));
        if (verifiedEmail is not null)
        {
            identity.AddClaim(new Claim(VerifiedEmail, verifiedEmail));
        }
    }

    public static async Task<ExternalTicket?> ReadAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync(IdentityConstants.ExternalScheme);
        if (!result.Succeeded || context.RequestServices.GetRequiredService<SignInProviders>().Find(result.Principal.FindFirstValue(Provider)) is not { } provider)
        {
            return null;
        }

        var identity = new ExternalIdentity(
            provider.Slug,
            provider.Issuer,
            result.Principal.FindFirstValue(ClaimTypes.NameIdentifier)!,
            result.Principal.FindFirstValue(ClaimTypes.Name)!,
            result.Principal.FindFirstValue(VerifiedEmail));
        var (purpose, accountId, next) = Asked(result.Properties);
        return new ExternalTicket(identity, purpose, accountId, next);
    }

    public static (ExternalPurpose Purpose, Guid? AccountId, string? Next) Asked(AuthenticationProperties? properties) => (
        Enum.TryParse<ExternalPurpose>(properties?.GetString(Purposes), out var purpose) ? purpose : ExternalPurpose.SignIn,
        Guid.TryParse(properties?.GetString(Account), out var accountId) ? accountId : null,
        properties?.GetString(Heading));

    public static Task DropAsync(HttpContext context) => context.SignOutAsync(IdentityConstants.ExternalScheme);
}
