using Microsoft.Extensions.Configuration;

namespace Spoq.Infrastructure.Accounts;

/// <summary>Somebody else who knows who people are.</summary>
/// <param name="Slug">In addresses and in the audit log.</param>
/// <param name="Name">As people know it.</param>
/// <param name="Issuer">Identities are kept under this and the provider's own id of the person, never under an e-mail address.</param>
/// <param name="BaseUrl">Where it answers.</param>
/// <param name="ApiBaseUrl">Where it tells about the person.</param>
public sealed record SignInProvider(string Slug, string Name, string Issuer, Uri BaseUrl, Uri ApiBaseUrl, string ClientId, string ClientSecret);

/// <summary>Sections <c>GitHub</c> and <c>Google</c>; a provider without client id and secret is not there at all.</summary>
public sealed class SignInProviders(IReadOnlyList<SignInProvider> all)
{
    public const string GitHub = "github";
    public const string Google = "google";

    public IReadOnlyList<SignInProvider> All => all;

    public SignInProvider? Find(string? slug) => all.FirstOrDefault(provider => provider.Slug == slug);

    /// <summary>How people call it, also when it is no longer configured.</summary>
    public string NameOf(string issuer) => all.FirstOrDefault(provider => provider.Issuer == issuer)?.Name ?? new Uri(issuer).Host;

    public static SignInProviders From(IConfiguration configuration) => new([.. new[]
    {
        Read(configuration.GetSection("Google"), Google, "Google", "https://accounts.google.com", "https://openidconnect.googleapis.com"),
        Read(configuration.GetSection("GitHub"), GitHub, "GitHub", "https://github.com", "https://api.github.com"),
    }.OfType<SignInProvider>()]);

    /// <exception cref="InvalidOperationException">An id without a secret, a secret without an id, or an address that is none.</exception>
    private static SignInProvider? Read(IConfiguration section, string slug, string name, string home, string api)
    {
        var id = section["ClientId"];
        var secret = section["ClientSecret"] ?? section["Secret"];
        if (string.IsNullOrWhiteSpace(id) && string.IsNullOrWhiteSpace(secret))
        {
            return null;
        }

        if (string.IsNullOrWhiteSpace(id) || string.IsNullOrWhiteSpace(secret))
        {
            throw new InvalidOperationException($"Set both {name}__ClientId and {name}__ClientSecret, or neither: one alone cannot sign anybody in.");
        }

        // An address of one's own (GitHub Enterprise, a test) answers for everything unless told apart.
        var own = section["BaseUrl"];
        return new SignInProvider(slug, name, (own ?? home).TrimEnd('/'), Address(name, "BaseUrl", own ?? home), Address(name, "ApiBaseUrl", section["ApiBaseUrl"] ?? own ?? api), id, secret);
    }

    private static Uri Address(string name, string setting, string text) =>
        Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new InvalidOperationException($"{name}__{setting} must be an absolute address such as https://example.com.");
}
