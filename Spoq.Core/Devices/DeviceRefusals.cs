namespace Spoq.Core.Devices;

/// <summary>Every expected "no" about profiles, devices and keys.</summary>
public static class DeviceRefusals
{
    public static Refusal KeyMissing { get; } = Key("key_missing", "Paste your public key: one line that starts with a type such as ssh-ed25519.");

    public static Refusal KeyTooLong { get; } = Key("key_too_long", "That is far longer than a public key. Paste only the one line of your .pub file.");

    public static Refusal PrivateKey { get; } = Key(
        "private_key",
        "That is a private key. We did not store it, but treat it as exposed: it left your device. Make a new key pair and paste its public half, the file that ends in .pub.");

    public static Refusal SeveralKeys { get; } = Key("several_keys", "There is more than one key here. Paste one key at a time: each device is added on its own.");

    public static Refusal BrokenOverLines { get; } = Key("key_broken_over_lines", "This key is broken over several lines. Copy it again as one single line.");

    public static Refusal KeyWithOptions { get; } = Key("key_with_options", "There are options in front of this key. Paste the key alone, starting with its type, such as ssh-ed25519.");

    public static Refusal NotAKey { get; } = Key(
        "not_a_key",
        "This is not an OpenSSH public key. It should be one line that starts with a type such as ssh-ed25519; you find it in a file that ends in .pub.");

    public static Refusal TypeMissing { get; } = Key("key_type_missing", "The type at the start of the key is missing. Copy the whole line, from ssh-… on.");

    public static Refusal PemPublicKey { get; } = Key("key_is_pem", "This public key is in PEM format. Convert it with: ssh-keygen -i -m PKCS8 -f key.pem, then paste the line it prints.");

    public static Refusal FingerprintOnly { get; } = Key("key_is_fingerprint", "This is only the fingerprint of a key. Paste the key itself: the line in your .pub file.");

    public static Refusal Damaged { get; } = Key("key_damaged", "This key is damaged: part of it is missing or changed. Copy the whole line again.");

    public static Refusal Certificate { get; } = Key("key_is_certificate", "This is an SSH certificate, not a key. Paste the plain public key it was made from.");

    public static Refusal Dsa { get; } = Key("key_is_dsa", "DSA keys are no longer safe and SSH servers refuse them. Make a new one with: ssh-keygen -t ed25519");

    public static Refusal RsaTooLong { get; } = Key("rsa_too_long", "This RSA key is longer than 16384 bits, more than SSH servers take. Make a new one with: ssh-keygen -t ed25519");

    public static Refusal WeakKey { get; } = Key("key_weak", "This key is not a safe one: its numbers are outside what the algorithm allows. Make a new one with: ssh-keygen -t ed25519");

    public static Refusal HandleMissing { get; } = Handle("handle_missing", "Type your ssh.id code, such as @alice.");

    public static Refusal HandleMalformed { get; } = Handle("handle_malformed", "An ssh.id code has letters, digits, dots, hyphens and underscores only, 64 at most, such as @alice.");

    public static Refusal LookUpAgain { get; } = new(
        "look_up_again", "These are not the keys that were shown, or too much time has passed. Look the code up again and check the fingerprints.", RefusalKind.Conflict, "handle");

    public static Refusal ProfileFull { get; } = new(
        "profile_full", $"This profile already has {Device.MaxPerProfile} devices. Remove one first.", RefusalKind.Conflict);

    public static Refusal TooManyProfiles { get; } = new(
        "too_many_profiles", $"An account has at most {Profile.MaxPerAccount} profiles. Remove one first.", RefusalKind.Conflict);

    public static Refusal LastProfile { get; } = new(
        "last_profile", "This is your first profile: your computer is set up with it, so it stays.", RefusalKind.Conflict);

    public static Refusal ProfileInUse { get; } = new(
        "profile_in_use", "Your computer runs with this username, so it can no longer change. Add a second profile instead.", RefusalKind.Conflict, "username");

    public static Refusal ProfileNotFound { get; } = new("profile_not_found", "There is no such profile. Reload the page.", RefusalKind.NotFound);

    public static Refusal ProfileMissing { get; } = new("profile_missing", "Say which profile the device may log in to: profile_id.", RefusalKind.Invalid, "profile_id");

    public static Refusal OneWayIn { get; } = new("key_or_code", "Send either ssh_public_key or sshid_code.", RefusalKind.Invalid, "ssh_public_key");

    public static Refusal DeviceNotFound { get; } = new("device_not_found", "There is no such device. It may have been removed already: reload the page.", RefusalKind.NotFound);

    public static Refusal UsernameMissing { get; } = Username("username_missing", "Choose a username.");

    public static Refusal UsernameTooLong { get; } = Username("username_too_long", "A username has at most 32 characters.");

    public static Refusal UsernameUpperCase { get; } = Username("username_upper_case", "Use lower-case letters: Linux usernames have no capitals.");

    public static Refusal UsernameStart { get; } = Username("username_start", "Start with a letter from a to z or an underscore.");

    public static Refusal UsernameCharacters { get; } = Username("username_characters", "Use letters from a to z, digits, hyphens and underscores only.");

    public static Refusal NameMissing { get; } = Name("device_name_missing", "Give the device a name, such as My phone.");

    public static Refusal NameTooLong { get; } = Name("device_name_too_long", $"A device name has at most {DeviceName.MaxLength} characters.");

    public static Refusal NameCharacters { get; } = Name("device_name_characters", "A device name cannot hold invisible or control characters.");

    public static Refusal PasswordTooShort { get; } = Password("password_too_short", $"Use at least {LoginPassword.MinLength} characters.");

    public static Refusal PasswordTooLong { get; } = Password("password_too_long", $"Use at most {LoginPassword.MaxLength} characters.");

    public static Refusal PasswordNeedsDigit { get; } = Password("password_needs_digit", "Add at least one digit.");

    public static Refusal PasswordNeedsSpecial { get; } = Password("password_needs_special", "Add at least one special character, such as ! or -.");

    public static Refusal PasswordCharacters { get; } = Password("password_characters", "A password cannot hold control characters.");

    public static Refusal PasswordHoldsUsername { get; } = Password("password_holds_username", "Do not use your username inside the password.");

    public static Refusal UnsupportedType(string type) => Key(
        "key_type_unsupported", $"Keys of type {type} are not accepted. Use Ed25519, ECDSA or RSA; a new one is made with: ssh-keygen -t ed25519");

    public static Refusal RsaTooShort(int bits) => Key(
        "rsa_too_short", $"This RSA key has {bits} bits; at least {SshPublicKey.MinRsaBits} are needed. Make a new one with: ssh-keygen -t ed25519");

    public static Refusal HandleInKeyField(string handle) => Key("key_is_handle", $"That is an ssh.id address, not a key. Choose the ssh.id code tab and type @{handle}.");

    public static Refusal UsernameTaken(string username) => new("username_taken", $"You already have a profile named {username}.", RefusalKind.Conflict, "username");

    public static Refusal UsernameReserved(string username) => Username("username_reserved", $"{username} is a system user. Choose another name.");

    public static Refusal HandleUnknown(string handle) => new(
        "handle_unknown", $"There is nobody called @{handle} on ssh.id. Check the spelling in Termius.", RefusalKind.Invalid, "handle");

    public static Refusal HandleWithoutUsableKeys(string handle) => new(
        "handle_without_usable_keys", $"@{handle} has no key that can be used here. Paste a key instead.", RefusalKind.Invalid, "handle");

    public static Refusal HandleWithTooManyKeys(string handle, int count) => new(
        "handle_with_too_many_keys", $"@{handle} has {count} keys, more than the {KeyList.MaxKeys} a device may bring. Remove old devices in Termius, or paste a key.", RefusalKind.Invalid, "handle");

    public static Refusal DirectoryUnavailable { get; } = new(
        "directory_unavailable", "ssh.id does not answer properly right now. Try again in a minute, or paste a key instead.", RefusalKind.Unavailable, "handle");

    public static Refusal TooManyLookUps(TimeSpan wait) => new(
        "too_many_look_ups", "You looked up many codes in a short time. Wait a few minutes, or paste a key instead.", RefusalKind.TooMany, "handle") { RetryAfter = wait };

    public static Refusal KeyAlreadyAdded(string deviceName) => new(
        "key_already_added", $"This key is already on your device \"{deviceName}\". Each key can be added once.", RefusalKind.Conflict);

    private static Refusal Key(string code, string message) => new(code, message, RefusalKind.Invalid, "public_key");

    private static Refusal Handle(string code, string message) => new(code, message, RefusalKind.Invalid, "handle");

    private static Refusal Username(string code, string message) => new(code, message, RefusalKind.Invalid, "username");

    private static Refusal Name(string code, string message) => new(code, message, RefusalKind.Invalid, "name");

    private static Refusal Password(string code, string message) => new(code, message, RefusalKind.Invalid, "password");
}
