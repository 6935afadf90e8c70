using System.Text.Json.Serialization;

namespace Spoq.Core.Wire;

/// <summary>Body of <c>POST /api/ask</c>; the answer is a stream of <see cref="AskEvent"/>. Closing it stops the turn.</summary>
/// <param name="Prompt">At most 256 KiB.</param>
/// <param name="ConversationId">Continues that session, or starts one under this id; null starts one under a new id.</param>
/// <param name="Files">Given along with the question: at most 200, together at most 4 MiB.</param>
/// <param name="Approval">
/// What changes something may do: <c>auto</c> (null) does it, <c>ask</c> sends <see cref="AskApproval"/> first and waits for
/// <see cref="ApprovalRequest"/>, <c>never</c> refuses it. Reading, listing and searching are always allowed.
/// </param>
public sealed record AskRequest(string Prompt, Guid? ConversationId = null, IReadOnlyList<AskFile>? Files = null, string? Approval = null);

/// <param name="Path">What it is called, such as <c>src/app.py</c>.</param>
/// <param name="Content">Its text; null: the file of that path in the workspace.</param>
public sealed record AskFile(string Path, string? Content = null);

/// <summary>Body of <c>POST /api/ask/approvals</c>: the answer to an <see cref="AskApproval"/>.</summary>
/// <param name="Decision"><c>allow</c>, <c>always</c> (until the turn ends) or <c>deny</c>.</param>
public sealed record ApprovalRequest(Guid ConversationId, string CallId, string Decision);

/// <summary>One server-sent event of a turn; the event's name equals <c>type</c>. The last one is <c>done</c> or <c>error</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(AskText), "text")]
[JsonDerivedType(typeof(AskToolCall), "tool_call")]
[JsonDerivedType(typeof(AskApproval), "approval")]
[JsonDerivedType(typeof(AskToolResult), "tool_result")]
[JsonDerivedType(typeof(AskUsage), "usage")]
[JsonDerivedType(typeof(AskDone), "done")]
[JsonDerivedType(typeof(AskFailed), "error")]
public abstract record AskEvent;

/// <summary>The next piece of the answer, to be appended as it stands.</summary>
public sealed record AskText(string Text) : AskEvent;

/// <summary>The model wants a tool used.</summary>
/// <param name="Name"><c>run</c>, <c>read</c>, <c>write</c>, <c>edit</c>, <c>list</c> or <c>search</c>.</param>
/// <param name="Summary">One line for people, such as the command.</param>
/// <param name="Arguments">As the model gave them: text that should be JSON.</param>
public sealed record AskToolCall(string CallId, string Name, string Summary, string Arguments) : AskEvent;

/// <summary>The turn waits until this call is decided; undecided for ten minutes means no.</summary>
public sealed record AskApproval(string CallId, string Name, string Summary) : AskEvent;

/// <summary>What a tool gave back.</summary>
/// <param name="Output">At most 64 KiB.</param>
/// <param name="IsError">It was refused or did not work; the model was told and goes on.</param>
public sealed record AskToolResult(string CallId, string Output, bool IsError) : AskEvent;

/// <summary>What the turn cost, once, before <c>done</c>. Input counts the session's earlier turns too.</summary>
public sealed record AskUsage(string Model, int InputTokens, int OutputTokens) : AskEvent;

public sealed record AskDone(Guid ConversationId) : AskEvent;

/// <summary>The turn ended early; <paramref name="Code"/> is stable, <paramref name="Message"/> is for people.</summary>
public sealed record AskFailed(string Code, string Message) : AskEvent;
