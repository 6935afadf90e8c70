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

    public static readonly Refusal FilesTooMany = new("files_too_many", "At most 200 files and 4 MiB of text go along with one question. Send fewer.", Field: "files");
    public static readonly Refusal ApprovalInvalid = new("approval_invalid", "approval must be auto, ask or never.", Field: "approval");
    public static readonly Refusal DecisionInvalid = new("decision_invalid", "decision must be allow, always or deny.", Field: "decision");
    public static readonly Refusal NothingToApprove = new("approval_gone", "Nothing waits for this decision: it was decided, or its answer has ended.", RefusalKind.NotFound);
    public static readonly Refusal NoSuchConversation = new("conversation_not_found", "There is no such conversation. GET /api/sessions lists those there are.", RefusalKind.NotFound);
    public static readonly Refusal NoSuchFile = new("file_not_found", "There is no such file or folder in the workspace.", RefusalKind.NotFound);
    public static readonly Refusal PathInvalid = new("path_invalid", "A path has at most 1024 characters and no NUL.", Field: "path");
    public static readonly Refusal PathOutside = new("path_outside", "This path leads out of the workspace. Name one inside, without a slash at its beginning.", Field: "path");
    public static readonly Refusal FolderNotEmpty = new("folder_not_empty", "This folder is not empty. Add ?recursive=true to delete all in it.", RefusalKind.Conflict);
    public static readonly Refusal PackBroken = new("pack_broken", "The contents broke off before their end. Send what is still missing again.", RefusalKind.Malformed);
    public static readonly Refusal SyncTooLarge = new("sync_too_large", "At most 100,000 changes go into one request. Sync a folder of it.", Field: "changes");
    public static readonly Refusal SyncDoubled = new("path_doubled", "Every path can be changed once in a request.", Field: "changes");
    public static readonly Refusal DiskFull = new("disk_full", "The disk of this computer is full. Free some space, then try again.", RefusalKind.Unavailable);
    public static readonly Refusal OriginNotAllowed = new("origin_not_allowed", "Pages of this site may not call this computer.", RefusalKind.Forbidden);

    public static readonly Refusal TooOften = new("too_many_requests", "These are more requests than this computer takes in a minute. Wait a moment.", RefusalKind.TooMany)
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    public static readonly Refusal TooManyAtOnce = new("too_many_at_once", "This computer is already doing as much at once as it can. Stop something or wait a moment.", RefusalKind.TooMany)
    {
        RetryAfter = TimeSpan.FromSeconds(2),
    };
}
