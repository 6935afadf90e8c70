namespace Spoq.Core.Accounts;

/// <summary>What the audit log's actions say to the person they happened to.</summary>
public static class ActivityWords
{
    /// <param name="action">Stable and dotted, such as <c>account.signed_in</c>.</param>
    /// <param name="detail">The entry's own words: used as they are for an action that has none here.</param>
    public static string Say(string action, string detail) => action switch
    {
        "account.created" => "Your account was created.",
        "account.signed_in" => $"You signed in ({detail}).",
        "account.sign_in_failed" => $"A sign-in failed: {detail}.",
        "account.signed_out_everywhere" => "You signed out everywhere.",
        "account.password_changed" => "Your password was changed.",
        "account.password_change_failed" => "A password change failed: the current password was wrong.",
        "account.password_reset" => "Your password was reset with a mailed link.",
        "account.password_set" => "Your account got a password.",
        "account.session_ended" => "A session was signed out.",
        "account.signed_out_elsewhere" => "You signed out everywhere else.",
        "account.confirmed_again" => $"You confirmed that it is you ({detail}).",
        "account.confirm_failed" => "Somebody at your session could not confirm to be you: wrong password.",
        "account.second_step_failed" => "Somebody passed the first step of signing in, but not the second.",
        "account.recovery_code_used" => $"A recovery code was used; {detail}.",
        "account.recovery_codes_made" => "New recovery codes were made.",
        "account.two_factor_on" => "Two-factor sign-in was turned on.",
        "account.two_factor_off" => "Two-factor sign-in was turned off.",
        "account.passkey_added" => $"Passkey added: {detail}.",
        "account.passkey_renamed" => $"Passkey renamed: {detail}.",
        "account.passkey_removed" => $"Passkey removed: {detail}.",
        "account.login_linked" => $"Login linked: {detail}.",
        "account.login_unlinked" => $"Login unlinked: {detail}.",
        "account.role_granted" => $"A role was given to your account: {detail}.",
        "device.added" => $"Device added: {detail}.",
        "device.removed" => $"Device removed: {detail}.",
        "instance.member_added" => $"You let somebody into a computer: {detail}.",
        "instance.member_changed" => $"You changed what somebody may do on a computer: {detail}.",
        "instance.member_removed" => $"You took somebody's access to a computer away: {detail}.",
        "profile.added" => $"Profile added: {detail}.",
        "profile.renamed" => $"Profile renamed: {detail}.",
        "profile.removed" => $"Profile removed: {detail}.",
        "profile.password_set" => $"A login password was set: {detail}.",
        "profile.password_removed" => $"A login password was removed: {detail}.",
        "access.consent_given" => $"You authorized {detail}.",
        "access.consent_denied" => $"You did not authorize {detail}.",
        "access.code_reused" => $"A used-up code of {detail} was presented again, so the access it had given was ended.",
        "access.grant_opened" => $"Access was given to {detail}.",
        "access.grant_revoked" => $"Access was taken from {detail}.",
        "access.refresh_token_reused" => $"A used-up key of {detail} was presented again, so all its access was ended.",
        "release.downloaded" => $"Downloaded with your install command: {detail}.",
        "access.device_approved" => $"You let a device in: {detail}.",
        "access.device_denied" => $"You turned a device away: {detail}.",
        "access.device_code_failed" => "Words that no device shows were typed to let one in.",
        "access.device_code_reused" => $"A device's code was used a second time, so what it gave was ended: {detail}.",
        "access.api_key_created" => $"API key created: {detail}.",
        "access.api_key_rotated" => $"API key rotated: {detail}.",
        "access.api_key_revoked" => $"API key revoked: {detail}.",
        _ when action.StartsWith("admin.", StringComparison.Ordinal) => $"As an administrator you did this: {action["admin.".Length..].Replace('_', ' ')}, {detail}.",
        _ => detail,
    };

    /// <summary>Whether the owner should look twice: something was refused or tried without success.</summary>
    public static bool IsWarning(string action) => action.EndsWith("_failed", StringComparison.Ordinal) || action.EndsWith("_refused", StringComparison.Ordinal)
        || action.EndsWith("_reused", StringComparison.Ordinal);
}
