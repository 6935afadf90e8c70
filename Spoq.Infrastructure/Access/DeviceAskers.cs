using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Access;

/// <summary>Reads who asks and for what: a program we know, and no more than it may have.</summary>
public sealed class DeviceAskers
{
    private const string CliName = "Spoq command line";

#pragma warning disable CA1822 // Registered clients are looked up here.
    public Task<Result<DeviceAsker>> ReadAsync(string? clientId, string? scope, string? machine, Caller caller, CancellationToken cancellationToken) =>
        Task.FromResult(Read(clientId, scope, machine, caller));

    private static Result<DeviceAsker> Read(string? clientId, string? scope, string? machine, Caller caller)
    {
        if (clientId is not FirstPartyClients.Cli)
        {
            return DeviceAccessRefusals.ClientUnknown;
        }

        var wanted = ScopeSet.Parse(scope);
        var allowed = ScopeSet.Of([.. Scopes.Grantable, Scopes.Account]);
        if (wanted.Count == 0)
        {
            wanted = ScopeSet.Parse(Scopes.Account);
        }

        return wanted.IsWithin(allowed)
            ? new DeviceAsker(clientId, CliName, DeviceAsker.ReadMachine(machine), wanted.ToString(), caller.Address)
            : DeviceAccessRefusals.ScopeInvalid;
    }
}
