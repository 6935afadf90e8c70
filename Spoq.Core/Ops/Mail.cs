namespace Spoq.Core.Ops;

/// <summary>One mail to one person.</summary>
/// <param name="To">A checked address.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">What most people read; links stand on lines of their own.</param>
/// <param name="Html">The same in HTML; null: text only.</param>
public sealed record Mail(string To, string Subject, string Text, string? Html);
