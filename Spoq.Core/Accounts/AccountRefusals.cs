namespace Spoq.Core.Accounts;

/// <summary>Every expected "no" about people and their ways in.</summary>
public static class AccountRefusals
{
    public static readonly Refusal EmailMissing = Email("email_missing", "Type your e-mail address.");

    public static readonly Refusal EmailMalformed = Email("email_malformed", "That is not an e-mail address we can write to. Check it for typing mistakes; it looks like name@example.com.");

    public static readonly Refusal EmailForeignLetters = Email("email_letters", "The part before the @ has a letter that only looks like a plain one, or that mail servers do not take. Type it again with plain letters.");

    public static readonly Refusal PasswordMissing = Password("password_missing", "Type a password.");

    public static readonly Refusal PasswordTooShort = Password("password_too_short", $"Use at least {PasswordRule.MinLength} characters. A few words in a row are fine.");

    public static readonly Refusal PasswordTooLong = Password("password_too_long", $"Use at most {PasswordRule.MaxLength} characters.");

    public static readonly Refusal PasswordIsEmail = Password("password_is_email", "Your password must not be your e-mail address. Choose another.");

    public static readonly Refusal PasswordCommon = Password("password_common", "This password is among the first that attackers try. Choose another; a few unrelated words are good.");

    public static readonly Refusal WrongLogin = new("wrong_login", "E-mail or password is not right. Try again, or reset your password.", RefusalKind.Unauthenticated);

    public static readonly Refusal Suspended = new("account_suspended", "This account is suspended. Please write to support.", RefusalKind.Forbidden);

    public static readonly Refusal WrongPassword = new("wrong_password", "That is not your current password.", RefusalKind.Invalid, "current_password");

    public static readonly Refusal NotYourPassword = Password("wrong_password", "That is not your password. Try again, or confirm in another way.");

    public static readonly Refusal CodeMissing = Code("code_missing", "Type the 6 digits from the mail.");

    public static readonly Refusal CodeWrong = Code("code_wrong", "That is not the code. Check the newest mail from us and try again.");

    public static readonly Refusal CodeExpired = Code("code_expired", "This code is no longer valid. Ask for a new one below.");

    public static readonly Refusal CodeLocked = Code("code_locked", "Too many wrong tries: this code is no longer valid. Ask for a new one below.");

    public static readonly Refusal SignUpGone = new("sign_up_gone", "This sign-up is no longer open. Please sign up again.", RefusalKind.NotFound);

    public static readonly Refusal SignUpPasswordNeeded = Password("sign_up_password_needed", "Type the password that was chosen at sign-up, or choose one of your own below.");

    public static readonly Refusal SignUpPasswordWrong = Password("sign_up_password_wrong", "That is not the password that was chosen at sign-up. Try again, or choose one of your own below.");

    public static readonly Refusal AlreadyConfirmed = new("already_confirmed", "This e-mail address is confirmed already. Log in to go on.", RefusalKind.Conflict);

    public static readonly Refusal LinkGone = new("link_gone", "This link was used already or is too old. Ask for a new one.", RefusalKind.NotFound);

    public static readonly Refusal NameTooLong = new("name_too_long", $"Use at most {MaxNameLength} characters.", RefusalKind.Invalid, "name");

    public static readonly Refusal NameUnprintable = new("name_unprintable", "The name holds a character that cannot be shown. Type it again.", RefusalKind.Invalid, "name");

    public static readonly Refusal SecondStepMissing = Code("code_missing", "Type the 6 digits that your authenticator app shows now, or one of your recovery codes.");

    public static readonly Refusal SecondStepWrong = Code("code_wrong", "That code is not right, or was used already. Wait for the next one in your app and type that.");

    public static readonly Refusal SecondStepOver = new("second_step_over", "This sign-in took too long or had too many wrong codes. Log in again.", RefusalKind.Unauthenticated);

    public static readonly Refusal TwoFactorOn = new("two_factor_on", "Two-factor sign-in is on already.", RefusalKind.Conflict);

    public static readonly Refusal TwoFactorOff = new("two_factor_off", "Two-factor sign-in is not on.", RefusalKind.Conflict);

    public static readonly Refusal SetUpOver = new("set_up_over", "This QR code is too old. Scan the new one below.", RefusalKind.Conflict);

    public static readonly Refusal SessionGone = new("session_gone", "That session has ended already.", RefusalKind.NotFound);

    public static readonly Refusal ConfirmFirst = new("reauthentication_required", "Confirm that it is you: sign in again, then repeat this.", RefusalKind.Forbidden);

    public static readonly Refusal LoginTaken = new("login_taken", "That login opens another Spoq account already. Unlink it there first.", RefusalKind.Conflict);

    public static readonly Refusal LoginGone = new("login_gone", "That login is not linked any more.", RefusalKind.NotFound);

    public static readonly Refusal LastWayIn = new("last_way_in", "This is the only way into your account. Add another one first.", RefusalKind.Conflict);

    public static readonly Refusal PasskeyGone = new("passkey_gone", "That passkey was removed already.", RefusalKind.NotFound);

    public static readonly Refusal PasskeyThere = new("passkey_there", "That passkey is in use already.", RefusalKind.Conflict);

    public static readonly Refusal PasskeyRefused = new("passkey_refused", "That passkey could not be checked. Try again, or log in another way.", RefusalKind.Unauthenticated);

    public static readonly Refusal PasskeyName = new("passkey_name", "Give it a name of at most 60 characters, such as My phone.", RefusalKind.Invalid, "passkey_name");

    public static readonly Refusal TooManyPasskeys = new("too_many_passkeys", "An account has at most 20 passkeys. Remove one that you no longer use.", RefusalKind.Conflict);

    public static Refusal NoVerifiedEmail(string provider) => new("no_verified_email", $"{provider} has no verified e-mail address for us. Verify one there, or sign up here and link {provider} on your account page.", RefusalKind.Unauthenticated);

    public const int MaxNameLength = 100;

    /// <summary>The same whether or not there is such an account.</summary>
    public static Refusal TooMany(TimeSpan wait) =>
        new("too_many_tries", $"Too many tries. Wait {InWords(wait)}, then try again.", RefusalKind.TooMany) { RetryAfter = wait };

    private static string InWords(TimeSpan wait) => wait.TotalSeconds switch
    {
        < 1.5 => "a second",
        < 90 => $"{Math.Ceiling(wait.TotalSeconds)} seconds",
        < 3600 => $"{Math.Ceiling(wait.TotalMinutes)} minutes",
        _ => "an hour",
    };

    private static Refusal Email(string code, string message) => new(code, message, RefusalKind.Invalid, "email");

    private static Refusal Password(string code, string message) => new(code, message, RefusalKind.Invalid, "password");

    private static Refusal Code(string code, string message) => new(code, message, RefusalKind.Invalid, "code");
}
