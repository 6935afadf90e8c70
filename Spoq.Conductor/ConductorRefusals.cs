using Spoq.Core;

namespace Spoq.Conductor;

internal static class ConductorRefusals
{
    public static readonly Refusal NotJson = new("not_json", "Send the body as JSON, with Content-Type: application/json.");
    public static readonly Refusal NotReadable = new("body_not_readable", "The body is not the JSON object that is expected here. Check its members and their types.");
    public static readonly Refusal PromptEmpty = new("prompt_empty", "Type a question first.", Field: "prompt");
    public static readonly Refusal PromptTooLong = new("prompt_too_long", "This question is longer than 256 KiB. Shorten it, or put the text into a file and name the file.", Field: "prompt");
    public static readonly Refusal ConversationBusy = new("conversation_busy", "This conversation is still answering. Wait for the answer or stop it first.", RefusalKind.Conflict);
    public static readonly Refusal CommandEmpty = new("command_empty", "Type a command first.", Field: "command");
    public static readonly Refusal CommandTooLong = new("command_too_long", "This command is longer than 64 KiB. Put it into a script and run that.", Field: "command");
    public static readonly Refusal CommandHasNul = new("command_invalid", "A command cannot contain a NUL character.", Field: "command");
    public static readonly Refusal TimeoutOutOfRange = new("timeout_out_of_range", "timeout_seconds must be between 1 and 3600.", Field: "timeout_seconds");

    public static readonly Refusal TooManyAtOnce = new("too_many_at_once", "This computer is already doing as much at once as it can. Stop something or wait a moment.", RefusalKind.TooMany)
    {
        RetryAfter = TimeSpan.FromSeconds(2),
    };
}
