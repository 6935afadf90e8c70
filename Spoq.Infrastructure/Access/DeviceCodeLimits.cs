using Spoq.Core;
using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Access;

/// <summary>
/// Wrong words are counted per account, and only a signed-in person can try any, so a stranger locks out nobody but
/// himself. Many accounts guessing from one network are held together: once it is over its share, each of them has a
/// single wrong try left, and whoever types the right words at once does not notice.
/// </summary>
public sealed class DeviceCodeLimits(RateLimiter limiter)
{
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(10);
    private static readonly RateRule s_wrongPerAccount = new(5, s_window);
    private static readonly RateRule s_wrongPerNetwork = new(20, s_window);
    private static readonly RateRule s_wrongBeyondNetwork = new(1, s_window);
    private static readonly RateRule s_startsPerNetwork = new(60, s_window);

    internal Task<TimeSpan?> StartAsync(Caller caller, CancellationToken cancellationToken) =>
        limiter.TakeAsync("device-start", caller.LimitKey, s_startsPerNetwork, cancellationToken);

    /// <summary>Takes a try; give it back with <see cref="RightAsync"/> when the words were right.</summary>
    internal async Task<Result<DeviceTry>> TryAsync(Guid accountId, Caller caller, CancellationToken cancellationToken)
    {
        var account = new Slot("device-code", accountId.ToString(), s_wrongPerAccount);
        var network = new Slot("device-code-network", caller.LimitKey, s_wrongPerNetwork);
        var beyond = new Slot("device-code-beyond", accountId.ToString(), s_wrongBeyondNetwork);
        if (await TakeAsync(account, cancellationToken) is { } locked)
        {
            return DeviceAccessRefusals.Locked(locked);
        }

        if (await TakeAsync(network, cancellationToken) is null)
        {
            return new DeviceTry(account, network);
        }

        return await TakeAsync(beyond, cancellationToken) is { } wait ? DeviceAccessRefusals.Locked(wait) : new DeviceTry(account, beyond);
    }

    internal async Task RightAsync(DeviceTry taken, CancellationToken cancellationToken)
    {
        await limiter.ReturnAsync(taken.First.Scope, taken.First.Key, taken.First.Rule, cancellationToken);
        await limiter.ReturnAsync(taken.Second.Scope, taken.Second.Key, taken.Second.Rule, cancellationToken);
    }

    private Task<TimeSpan?> TakeAsync(Slot slot, CancellationToken cancellationToken) => limiter.TakeAsync(slot.Scope, slot.Key, slot.Rule, cancellationToken);

    internal sealed record Slot(string Scope, string Key, RateRule Rule);

    /// <summary>What a try took from the counters.</summary>
    internal sealed record DeviceTry(Slot First, Slot Second);
}
