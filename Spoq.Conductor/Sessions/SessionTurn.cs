using System.Text.Json.Serialization;
using Spoq.Core.Wire;

namespace Spoq.Conductor.Sessions;

/// <summary>One line of a conversation's file.</summary>
/// <param name="Role"><c>user</c>, <c>assistant</c> or <c>tool</c>.</param>
internal sealed record SessionTurn(string Role, string Text, DateTimeOffset At)
{
    /// <summary>What was sent along with a question.</summary>
    public IReadOnlyList<AskFile>? Files { get; init; }

    /// <summary>What an answer wanted done.</summary>
    public IReadOnlyList<ToolCall>? Calls { get; init; }

    /// <summary>Whose result this is.</summary>
    public string? CallId { get; init; }
}

/// <param name="Arguments">As the model wrote them.</param>
internal sealed record ToolCall(string Id, string Name, string Arguments);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SessionTurn))]
internal sealed partial class SessionJson : JsonSerializerContext;
