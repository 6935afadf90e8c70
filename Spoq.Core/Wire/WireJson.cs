using System.Text.Json.Serialization;

namespace Spoq.Core.Wire;

/// <summary>How all of this is written: <c>snake_case</c>, nulls left out, doubled members refused, nothing found by reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    AllowDuplicateProperties = false,
    AllowOutOfOrderMetadataProperties = true)]
[JsonSerializable(typeof(ApprovalRequest))]
[JsonSerializable(typeof(AskEvent))]
[JsonSerializable(typeof(AskRequest))]
[JsonSerializable(typeof(ConductorConfig))]
[JsonSerializable(typeof(ConductorStatus))]
[JsonSerializable(typeof(DesiredState))]
[JsonSerializable(typeof(FolderShown))]
[JsonSerializable(typeof(HealthAnswer))]
[JsonSerializable(typeof(Heartbeat))]
[JsonSerializable(typeof(Jwks))]
[JsonSerializable(typeof(MoveNews))]
[JsonSerializable(typeof(OwnServerCall))]
[JsonSerializable(typeof(OwnServerWelcome))]
[JsonSerializable(typeof(PhoneHome))]
[JsonSerializable(typeof(PhoneHomeAnswer))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(RunEvent))]
[JsonSerializable(typeof(RunFile))]
[JsonSerializable(typeof(RunRequest))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(SessionShown))]
[JsonSerializable(typeof(SyncAnswer))]
[JsonSerializable(typeof(UpdateAsk))]
[JsonSerializable(typeof(UpdateOffer))]
[JsonSerializable(typeof(UpdateOutcome))]
[JsonSerializable(typeof(SyncFetch))]
[JsonSerializable(typeof(SyncRequest))]
public sealed partial class WireJson : JsonSerializerContext;
