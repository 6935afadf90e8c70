namespace Spoq.Web.Accounts;

/// <summary>What the browser sent back: the sealed challenge, what the passkey signed, and a new passkey's name.</summary>
public sealed record PasskeyAnswer(string? State, string? Credential, string? Name);
