namespace Spoq.Core.Ai;

/// <summary>Every "no" of the AI proxy. Programs read the codes; the edge writes them in the caller's own form.</summary>
public static class AiRefusals
{
    public const string UnsupportedParameter = "unsupported_parameter";

    public static readonly Refusal BodyMissing = new("invalid_json", "Send a JSON object as the body of the request.", RefusalKind.Malformed);

    public static readonly Refusal BodyUnreadable = new("invalid_json", "The body of the request is not readable JSON. Check that it is complete, valid UTF-8 and at most 64 levels deep.", RefusalKind.Malformed);

    public static readonly Refusal BodyTooLarge = new("body_too_large", "The body of the request is larger than 16 MiB. Send less text or smaller images.", RefusalKind.Malformed);

    public static readonly Refusal BodyCutOff = new("body_incomplete", "The body of the request ended before it was complete. Send it again.", RefusalKind.Malformed);

    public static readonly Refusal BodySlow = new("body_timeout", "The body of the request stopped arriving. Send it again.", RefusalKind.Malformed);

    public static readonly Refusal BodiesFull = new("server_busy", "This server holds as many requests in its memory as it can. Send the request again in a moment.", RefusalKind.Unavailable) { RetryAfter = TimeSpan.FromSeconds(2) };

    public static readonly Refusal ModelMissing = new("missing_required_parameter", "Name a model: GET /v1/models lists those you may use.", RefusalKind.Malformed, "model");

    public static readonly Refusal MessagesMissing = new("missing_required_parameter", "Send at least one message in \"messages\".", RefusalKind.Malformed, "messages");

    public static readonly Refusal PlanRequired = new("plan_required", "AI models come with a plan. Choose one at /pricing, then try again.", RefusalKind.Forbidden);

    public static readonly Refusal PlanInactive = new("plan_inactive", "This account's plan is not active. Resume it in the dashboard under Billing, then try again.", RefusalKind.Forbidden);

    public static readonly Refusal KeysUnavailable = new("keys_unavailable", "This key cannot be checked right now. Try again in a few seconds.", RefusalKind.Unavailable) { RetryAfter = TimeSpan.FromSeconds(2) };

    public static readonly Refusal TooManyStrangers = new("too_many_unknown_keys", "Too many unknown keys were tried from this address. Check the key, and wait as long as Retry-After says.", RefusalKind.TooMany) { RetryAfter = TimeSpan.FromSeconds(5) };

    public static readonly Refusal MeteringFull = new("metering_unavailable", "Usage cannot be recorded right now, so nothing is started. Try again in a minute.", RefusalKind.Unavailable) { RetryAfter = TimeSpan.FromSeconds(30) };

    public static readonly Refusal UpstreamFailed = new("upstream_error", "The provider of this model failed to answer. Try again.", RefusalKind.Unavailable);

    public static readonly Refusal UpstreamCut = new("upstream_disconnected", "The provider of this model broke off in the middle of its answer. What came until then is counted; try again.", RefusalKind.Unavailable);

    public static readonly Refusal UpstreamSlow = new("upstream_timeout", "The provider of this model took too long. Try again.", RefusalKind.Unavailable);

    public static readonly Refusal Stopping = new("server_stopping", "This server is being restarted. Send the request again.", RefusalKind.Unavailable) { RetryAfter = TimeSpan.FromSeconds(1) };

    public static readonly Refusal MethodNotAllowed = new("method_not_allowed", "This address does not take that method.", RefusalKind.Malformed);

    public static Refusal Twice(string member) => new("duplicate_parameter", $"\"{member}\" stands twice in the body. Send it once.", RefusalKind.Malformed, member);

    public static Refusal WrongType(string member, string wanted) => new("invalid_type", $"\"{member}\" must be {wanted}.", RefusalKind.Malformed, member);

    public static Refusal ModelUnknown(string model) => new("model_not_found", $"There is no model \"{Shown(model)}\" here. GET /v1/models lists those you may use.", RefusalKind.NotFound, "model");

    public static Refusal ModelUnpriced(string model) => new("model_not_priced", $"The model \"{Shown(model)}\" has no price yet, so it cannot be used. Ask the operator of this installation to set one.", RefusalKind.Forbidden, "model");

    public static Refusal ModelNotInPlan(string model) => new("model_not_in_plan", $"Your plan does not include the model \"{Shown(model)}\". Choose a larger plan in the dashboard under Billing, or another model.", RefusalKind.Forbidden, "model");

    public static Refusal NotOffered(string model) => new("unsupported_operation", $"The model \"{Shown(model)}\" does not do this. Use another model for it.", RefusalKind.Malformed, "model");

    public static Refusal NotTranslatable(string member, string why) => new(UnsupportedParameter, $"\"{member}\": {why}", RefusalKind.Malformed, member);

    public static Refusal TooManyRequests(string whose, TimeSpan wait) => new(
        "rate_limit_exceeded", $"Too many requests in a minute for this {whose}. Wait as long as Retry-After says.", RefusalKind.TooMany) { RetryAfter = wait };

    public static Refusal TooManyTokens(string whose, TimeSpan wait) => new(
        "token_limit_exceeded", $"Too many tokens in a minute for this {whose}. Wait as long as Retry-After says.", RefusalKind.TooMany) { RetryAfter = wait };

    public static Refusal TooManyStreams(string whose, int most) => new(
        "concurrency_limit_exceeded", $"This {whose} has {most} answers running already. Wait until one of them ends.", RefusalKind.TooMany) { RetryAfter = TimeSpan.FromSeconds(1) };

    public static Refusal UpstreamBusy(TimeSpan wait) => new(
        "upstream_unavailable", "The provider of this model is out of reach or busy. Try again in a moment.", RefusalKind.Unavailable) { RetryAfter = wait };

    private static string Shown(string model) => model.Length <= 80 ? model : model[..80] + "…";
}
