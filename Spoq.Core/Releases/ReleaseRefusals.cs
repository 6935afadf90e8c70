namespace Spoq.Core.Releases;

public static class ReleaseRefusals
{
    public static readonly Refusal TokenInvalid = new("download_token_invalid", "This download token is not known. Take a new command from your dashboard, or run: curl -fsSL <this address>/install.sh | sh", RefusalKind.Unauthenticated);

    public static readonly Refusal TokenExpired = new("download_token_expired", "This download token has expired. Take a new command from your dashboard.", RefusalKind.Unauthenticated);

    public static readonly Refusal TokenUsed = new("download_token_used", "This download token was used already. Take a new command from your dashboard.", RefusalKind.Unauthenticated);

    public static readonly Refusal NothingPublished = new("nothing_published", "This control plane has no build to download yet. Ask its operator to run scripts/publish.", RefusalKind.Unavailable);

    public static readonly Refusal NoSuchBuild = new("no_such_build", "There is no build for that system. GET /releases/version lists the ones there are.", RefusalKind.NotFound);

    public static readonly Refusal UnknownProduct = new("unknown_product", "Ask for a token for \"spoq\" or \"conductor\".", RefusalKind.Invalid, "binary");

    public static Refusal CommandLineTooOld(string version, string needed) =>
        new("cli_too_old", $"This spoq ({version}) is too old for this control plane, which needs {needed}. Update with: spoq update", RefusalKind.Forbidden);

    public static Refusal TooMany(TimeSpan wait) => new("too_many_requests", "Too many downloads were started. Wait a little, then try again.", RefusalKind.TooMany) { RetryAfter = wait };
}
