using Microsoft.Extensions.Options;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Accounts;

/// <summary>
/// How often strangers may knock. Wrong passwords are counted per address of the caller and account, so that a
/// stranger shuts out only himself. Many machines together reach the wide limit of the account: from then on each
/// network has a few tries an hour left, enough for the owner and useless for guessing. A browser that signed in before
/// does not notice, and a password reset lifts it.
/// </summary>
public sealed class AccountLimits(RateLimiter limiter, IOptions<LimitOptions> options)
{
    private static readonly RateRule s_triesPerCallerAndAccount = new(10, TimeSpan.FromMinutes(10));
    private static readonly RateRule s_triesPerAccount = RateRule.PerHour(100);
    private static readonly RateRule s_triesBeyond = RateRule.PerHour(3);
    private static readonly RateRule s_codesPerAccount = RateRule.PerHour(20);
    private static readonly RateRule s_mailsPerCallerAndRecipient = RateRule.PerHour(6);
    private static readonly RateRule s_mailsPerRecipient = RateRule.PerHour(20);

    private RateRule FormsPerCaller => new(options.Value.FormsPerTenMinutes, TimeSpan.FromMinutes(10));

    internal Task<Refusal?> SignUpAsync(Caller caller, string email, CancellationToken cancellationToken) =>
        MailAsync(caller, email, cancellationToken);

    internal Task<Refusal?> ForgotAsync(Caller caller, string email, CancellationToken cancellationToken) =>
        MailAsync(caller, email, cancellationToken);

    internal Task<Refusal?> CodeAsync(Caller caller, CancellationToken cancellationToken) =>
        TakeAsync([("code", caller.LimitKey, FormsPerCaller)], cancellationToken);

    internal async Task<Refusal?> LoginAsync(Caller caller, string email, bool isKnownBrowser, CancellationToken cancellationToken)
    {
        if (isKnownBrowser)
        {
            return await TakeAsync([("login-known", Both(caller, email), s_triesPerCallerAndAccount)], cancellationToken);
        }

        if (await TakeAsync([("login", caller.LimitKey, FormsPerCaller), ("login-account", Both(caller, email), s_triesPerCallerAndAccount)], cancellationToken) is { } no)
        {
            return no;
        }

        return await limiter.TakeAsync("login-wide", Key(email), s_triesPerAccount, cancellationToken) is null
            ? null
            : await TakeAsync([("login-beyond", Both(caller, email), s_triesBeyond)], cancellationToken);
    }

    internal async Task SignedInAsync(Caller caller, string email, CancellationToken cancellationToken)
    {
        await limiter.ForgetAsync("login-known", Both(caller, email), cancellationToken);
        await limiter.ForgetAsync("login-account", Both(caller, email), cancellationToken);
        await limiter.ForgetAsync("login-wide", Key(email), cancellationToken);
        await limiter.ForgetAsync("login-beyond", Both(caller, email), cancellationToken);
    }

    internal Task<Refusal?> CurrentPasswordAsync(Guid accountId, CancellationToken cancellationToken) =>
        TakeAsync([("current-password", accountId.ToString(), s_triesPerCallerAndAccount)], cancellationToken);

    internal Task CurrentPasswordDoneAsync(Guid accountId, CancellationToken cancellationToken) =>
        limiter.ForgetAsync("current-password", accountId.ToString(), cancellationToken);

    /// <summary>Only whoever has the password gets here, so only they can use it up: a million codes, twenty tries an hour.</summary>
    internal Task<Refusal?> SecondStepAsync(Guid accountId, CancellationToken cancellationToken) =>
        TakeAsync([("second-step", accountId.ToString(), s_codesPerAccount)], cancellationToken);

    internal Task SecondStepDoneAsync(Guid accountId, CancellationToken cancellationToken) =>
        limiter.ForgetAsync("second-step", accountId.ToString(), cancellationToken);

    /// <summary>One budget for a mail box, whatever the mails are about.</summary>
    private Task<Refusal?> MailAsync(Caller caller, string email, CancellationToken cancellationToken) =>
        TakeAsync(
            [("mail-form", caller.LimitKey, FormsPerCaller), ("mail", Both(caller, email), s_mailsPerCallerAndRecipient), ("mail-wide", Key(email), s_mailsPerRecipient)],
            cancellationToken);

    private async Task<Refusal?> TakeAsync((string Scope, string Key, RateRule Rule)[] limits, CancellationToken cancellationToken)
    {
        foreach (var (scope, key, rule) in limits)
        {
            if (await limiter.TakeAsync(scope, key, rule, cancellationToken) is { } wait)
            {
                return AccountRefusals.TooMany(wait);
            }
        }

        return null;
    }

    private static string Both(Caller caller, string email) => $"{caller.LimitKey} {Key(email)}";

    private static string Key(string email) => User.Normalize(email);
}
