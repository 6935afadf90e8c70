using System.Text.Json.Serialization;

namespace Spoq.Core.Wire;

/// <summary>Body of <c>POST /api/ask</c>; the answer is a stream of <see cref="AskEvent"/>. Closing it stops the turn.</summary>
/// <param name="Prompt">At most 256 KiB.</param>
/// <param name="ConversationId">Continues that session, or starts one under this id; null starts one under a new id.</param>
public sealed record AskRequest(string Prompt, Guid? ConversationId = null);

/// <summary>One server-sent event of a turn; the event's name equals <c>type</c>. The last one is <c>done</c> or <c>error</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(AskText), "text")]
[JsonDerivedType(typeof(AskUsage), "usage")]
[JsonDerivedType(typeof(AskDone), "done")]
[JsonDerivedType(typeof(AskFailed), "error")]
public abstract record AskEvent;

/// <summary>The next piece of the answer, to be appended as it stands.</summary>
public sealed record AskText(string Text) : AskEvent;

/// <summary>What the turn cost, once, before <c>done</c>. Input counts the session's earlier turns too.</summary>
public sealed record AskUsage(string Model, int InputTokens, int OutputTokens) : AskEvent;

public sealed record AskDone(Guid ConversationId) : AskEvent;

/// <summary>The turn ended early; <paramref name="Code"/> is stable, <paramref name="Message"/> is for people.</summary>
public sealed record AskFailed(string Code, string Message) : AskEvent;
