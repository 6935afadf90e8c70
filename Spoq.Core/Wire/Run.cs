using System.Text.Json.Serialization;

namespace Spoq.Core.Wire;

/// <summary>Body of <c>POST /api/run</c>; the answer is a stream of <see cref="RunEvent"/>. Closing it kills the command and all it started.</summary>
/// <param name="Command">For the instance's shell, in its workspace; at most 64 KiB.</param>
/// <param name="TimeoutSeconds">1 to 3600; null: 600.</param>
public sealed record RunRequest(string Command, int? TimeoutSeconds = null);

/// <summary>One server-sent event of a command; the event's name equals <c>type</c>. The last one is <c>exit</c> or <c>error</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(RunStdout), "stdout")]
[JsonDerivedType(typeof(RunStderr), "stderr")]
[JsonDerivedType(typeof(RunExit), "exit")]
[JsonDerivedType(typeof(RunFailed), "error")]
public abstract record RunEvent;

/// <summary>What came on standard output, to be appended. Characters are never cut; bytes that are no UTF-8 show as U+FFFD.</summary>
public sealed record RunStdout(string Text) : RunEvent;

/// <summary>The same for standard error.</summary>
public sealed record RunStderr(string Text) : RunEvent;

/// <summary>The command ended.</summary>
/// <param name="ExitCode">128 + n when signal n ended it.</param>
/// <param name="TimedOut">It was killed because its time was up.</param>
/// <param name="Truncated">Output past the cap was dropped.</param>
public sealed record RunExit(int ExitCode, long DurationMs, bool TimedOut, bool Truncated) : RunEvent;

/// <summary>The command could not be run to its end; <paramref name="Code"/> is stable, <paramref name="Message"/> is for people.</summary>
public sealed record RunFailed(string Code, string Message) : RunEvent;
