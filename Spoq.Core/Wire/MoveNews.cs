namespace Spoq.Core.Wire;

/// <summary>Body of <c>POST /internal/instances/{id}/move</c>, sent with the instance token by a server that takes another's place.</summary>
/// <param name="State"><c>copying</c>; <c>copied</c> when everything was copied once; <c>moved</c> when the old server is closed and nothing differs; <c>failed</c>: it is tried again.</param>
/// <param name="Text">How far it is, or what went wrong, for people.</param>
public sealed record MoveNews(string State, string? Text = null);
