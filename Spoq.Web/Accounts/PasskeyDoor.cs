using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Ops;

namespace Spoq.Web.Accounts;

/// <summary>What a page hands to the browser's passkey dialog, and the sealed challenge that must come back with the answer.</summary>
public sealed record PasskeyOffer(string Options, string State);

/// <summary>
/// The framework's WebAuthn checks with our own single-use challenge: the framework keeps its challenge in a cookie,
/// which whoever copies it could answer twice.
/// </summary>
internal sealed class PasskeyDoor(IPasskeyHandler<User> handler, PasskeyService passkeys, IDataProtectionProvider protection)
{
    private const string ForSignIn = "sign-in";

    /// <summary>A log-in page may stay open for a while; its challenge still answers once only.</summary>
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(30);

    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("passkey").ToTimeLimitedDataProtector();

    public Task<PasskeyOffer> OfferSignInAsync(HttpContext context) => OfferAsync(context, null, ForSignIn);

    public Task<PasskeyOffer> OfferConfirmAsync(HttpContext context, Guid accountId) => OfferAsync(context, new User { Id = accountId }, ForConfirm(accountId));

    public async Task<PasskeyOffer> OfferNewAsync(HttpContext context, AccountSummary account)
    {
        var entity = new PasskeyUserEntity { Id = account.Id.ToString(), Name = account.Email, DisplayName = account.DisplayName ?? account.Email };
        var made = await handler.MakeCreationOptionsAsync(entity, context);
        return new PasskeyOffer(made.CreationOptionsJson, Seal(ForNew(account.Id), made.AttestationState));
    }

    public async Task<Refusal?> RegisterAsync(HttpContext context, Guid accountId, PasskeyAnswer answer)
    {
        if (await OpenAsync(answer, ForNew(accountId), context.RequestAborted) is not { } state)
        {
            return AccountRefusals.PasskeyRefused;
        }

        var made = await handler.PerformAttestationAsync(new PasskeyAttestationContext { HttpContext = context, CredentialJson = answer.Credential!, AttestationState = state });
        return made.Succeeded && made.UserEntity.Id == accountId.ToString()
            ? await passkeys.AddAsync(accountId, made.Passkey, answer.Name, context.Caller(), context.RequestAborted)
            : AccountRefusals.PasskeyRefused;
    }

    public async Task<Result<LoggedIn>> SignInAsync(HttpContext context, PasskeyAnswer answer)
    {
        if (await passkeys.KnockAsync(context.Caller(), context.RequestAborted) is { } tooMany)
        {
            return tooMany;
        }

        return await CheckAsync(context, answer, ForSignIn, null);
    }

    public async Task<Refusal?> ConfirmAsync(HttpContext context, Guid accountId, PasskeyAnswer answer) =>
        (await CheckAsync(context, answer, ForConfirm(accountId), accountId)).Try(out _, out var no) ? null : no;

    private async Task<Result<LoggedIn>> CheckAsync(HttpContext context, PasskeyAnswer answer, string purpose, Guid? accountId)
    {
        if (await OpenAsync(answer, purpose, context.RequestAborted) is not { } state)
        {
            return AccountRefusals.PasskeyRefused;
        }

        var proof = await handler.PerformAssertionAsync(new PasskeyAssertionContext { HttpContext = context, CredentialJson = answer.Credential!, AssertionState = state });
        if (!proof.Succeeded || accountId is not null && proof.User.Id != accountId)
        {
            await passkeys.RefusedAsync(proof.Failure?.Message ?? "another account's", context.Caller(), context.RequestAborted);
            return AccountRefusals.PasskeyRefused;
        }

        return await passkeys.UseAsync(proof.User.Id, proof.Passkey, isSignIn: accountId is null, context.Caller(), context.RequestAborted);
    }

    private async Task<PasskeyOffer> OfferAsync(HttpContext context, User? user, string purpose)
    {
        var made = await handler.MakeRequestOptionsAsync(user, context);
        return new PasskeyOffer(made.RequestOptionsJson, Seal(purpose, made.AssertionState));
    }

    private string Seal(string purpose, string? state) => _protector.Protect($"{purpose}\n{state}", s_life);

    /// <returns>What the framework needs to check the answer; null: no challenge of ours, not for this, too old, or answered before.</returns>
    private async Task<string?> OpenAsync(PasskeyAnswer answer, string purpose, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(answer.Credential) || string.IsNullOrEmpty(answer.State))
        {
            return null;
        }

        try
        {
            var parts = _protector.Unprotect(answer.State).Split('\n', 2);
            return parts[0] == purpose && await passkeys.SpendAsync(parts[1], cancellationToken) ? parts[1] : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static string ForNew(Guid accountId) => $"new {accountId}";

    private static string ForConfirm(Guid accountId) => $"confirm {accountId}";
}

internal static class PasskeySetup
{
    /// <summary>
    /// Pages on customers' addresses are siblings of ours and may ask a browser for our passkeys; their origin gives them
    /// away. It is compared with the operator's list, never with anything the request says.
    /// </summary>
    public static IServiceCollection AddPasskeys(this IServiceCollection services)
    {
        services.AddScoped<PasskeyDoor>();
        services.AddOptions<IdentityPasskeyOptions>().Configure<IOptions<SpoqOptions>, IConfiguration>((options, spoq, configuration) =>
        {
            var home = spoq.Value.BaseUrl;
            var origins = Origins(configuration["Passkeys:Origins"]) is { Count: > 0 } listed ? listed : [home.GetLeftPart(UriPartial.Authority)];
            options.ServerDomain = home.Host;
            options.UserVerificationRequirement = "required";
            options.ResidentKeyRequirement = "required";
            options.AttestationConveyancePreference = "none";
            options.ValidateOrigin = asked => ValueTask.FromResult(!asked.CrossOrigin && origins.Contains(asked.Origin));
        });
        return services;
    }

    /// <exception cref="InvalidOperationException">The list holds something that is no origin.</exception>
    private static HashSet<string> Origins(string? list) => [.. (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(text => Uri.TryCreate(text, UriKind.Absolute, out var origin) && origin.Scheme is "http" or "https" && origin.PathAndQuery == "/"
            ? origin.GetLeftPart(UriPartial.Authority)
            : throw new InvalidOperationException($"Passkeys__Origins holds '{text}', which is no origin. Write https://spoq.example, comma-separated."))];
}
