using System.Text.Json.Serialization;
using Spoq.Cli.Account;
using Spoq.Cli.Ask;
using Spoq.Cli.Computer;
using Spoq.Cli.Sync;
using Spoq.Cli.Updates;

namespace Spoq.Cli;

/// <summary>All that is read and written, found without reflection. What servers add is passed over.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AccountSeen))]
[JsonSerializable(typeof(AskShown))]
[JsonSerializable(typeof(ComputersPage))]
[JsonSerializable(typeof(Credentials))]
[JsonSerializable(typeof(DeviceAdd))]
[JsonSerializable(typeof(DeviceAdded))]
[JsonSerializable(typeof(DeviceList))]
[JsonSerializable(typeof(DeviceNo))]
[JsonSerializable(typeof(DevicePoll))]
[JsonSerializable(typeof(DeviceStart))]
[JsonSerializable(typeof(DeviceStarted))]
[JsonSerializable(typeof(DownloadAsk))]
[JsonSerializable(typeof(DownloadGiven))]
[JsonSerializable(typeof(HealthSeen))]
[JsonSerializable(typeof(KeyCreate))]
[JsonSerializable(typeof(KeyCreated))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(KeyRotate))]
[JsonSerializable(typeof(LastConversation))]
[JsonSerializable(typeof(Opened))]
[JsonSerializable(typeof(ReleaseSeen))]
[JsonSerializable(typeof(RunShown))]
[JsonSerializable(typeof(RuntimeToken))]
[JsonSerializable(typeof(SignedIn))]
[JsonSerializable(typeof(StatusShown))]
[JsonSerializable(typeof(SyncShown))]
[JsonSerializable(typeof(SyncState))]
[JsonSerializable(typeof(TokenRefused))]
[JsonSerializable(typeof(Tokens))]
[JsonSerializable(typeof(UpdateShown))]
[JsonSerializable(typeof(VersionSeen))]
[JsonSerializable(typeof(Who))]
[JsonSerializable(typeof(WhoShown))]
internal sealed partial class CliJson : JsonSerializerContext;
