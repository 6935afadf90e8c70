namespace Spoq.Core.Wire;

/// <summary>Answer of <c>GET /api/sessions</c>: the newest first, at most 200.</summary>
public sealed record SessionList(IReadOnlyList<SessionSummary> Data);

/// <param name="Title">The beginning of its first question.</param>
public sealed record SessionSummary(Guid Id, string Title, DateTimeOffset UpdatedAt, long Bytes);

/// <summary>Answer of <c>GET /api/sessions/{id}</c>.</summary>
public sealed record SessionShown(Guid Id, IReadOnlyList<SessionLine> Turns);

/// <param name="Role"><c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
/// <param name="Files">Names of what was sent along.</param>
/// <param name="Tools">What was used, one line each.</param>
public sealed record SessionLine(string Role, string Text, DateTimeOffset At, IReadOnlyList<string>? Files = null, IReadOnlyList<string>? Tools = null);

/// <summary>Answer of <c>GET /api/files</c> for a folder.</summary>
/// <param name="Path">In the workspace, <c>.</c> for the workspace itself.</param>
/// <param name="Truncated">There are more than 10,000.</param>
public sealed record FolderShown(string Path, IReadOnlyList<FileShown> Entries, bool Truncated);

/// <param name="Type"><c>file</c>, <c>folder</c> or <c>link</c>.</param>
public sealed record FileShown(string Name, string Type, long Size, DateTimeOffset ModifiedAt);
