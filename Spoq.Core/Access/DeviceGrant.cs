using System.Net;

namespace Spoq.Core.Access;

public enum DeviceGrantState
{
    /// <summary>The words are on the asking machine's screen; nobody has decided.</summary>
    Pending,

    /// <summary>A signed-in person pressed Approve; the tokens wait for the next poll.</summary>
    Approved,

    /// <summary>A signed-in person pressed Deny.</summary>
    Denied,

    /// <summary>The tokens were given out, once.</summary>
    Delivered,
}

/// <summary>What a poll is answered (RFC 8628, section 3.5).</summary>
public enum DevicePoll
{
    Pending,
    SlowDown,
    Denied,
    Expired,

    /// <summary>The one poll that gets the tokens.</summary>
    Deliver,

    /// <summary>Delivered a moment ago: the same machine asked twice at once.</summary>
    Spent,

    /// <summary>Delivered before, and somebody comes again: the device code is in two hands, so what it gave ends.</summary>
    Reused,
}

/// <summary>Who asks, as they say and as we see.</summary>
/// <param name="ClientId">The program.</param>
/// <param name="Machine">What the machine calls itself; nobody vouches for it.</param>
/// <param name="Address">Where the request came from.</param>
public sealed record DeviceAsker(string ClientId, string ClientName, string? Machine, string Scope, IPAddress? Address)
{
    public const int MaxMachine = 64;

    /// <summary>Null: the client may not have these scopes.</summary>
    public static DeviceAsker? Of(OAuthClient client, string? scope, string? machine, IPAddress? address) =>
        client.Grantable(scope) is { } scopes ? new(client.Id, client.Name, ReadMachine(machine), scopes.ToString(), address) : null;

    /// <summary>What a machine says it is called, fit to be shown: one line, not too long; null: it says nothing of use.</summary>
    public static string? ReadMachine(string? said)
    {
        var plain = new string([.. (said ?? "").Where(c => !char.IsControl(c) && !IsInvisible(c))]).Trim();
        return plain.Length == 0 ? null : plain.Length <= MaxMachine ? plain : plain[..MaxMachine];
    }

    // Marks that turn the direction of text, or take no room, make one name look like another.
    private static bool IsInvisible(char c) => char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format
        or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator or System.Globalization.UnicodeCategory.Surrogate;
}

/// <summary>A machine without a browser asks to be let in; a person with one decides (RFC 8628).</summary>
public sealed class DeviceGrant
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    public static readonly TimeSpan FirstInterval = TimeSpan.FromSeconds(5);

    /// <summary>How much slower a machine polls that asks too often (RFC 8628, section 3.5).</summary>
    public static readonly TimeSpan SlowDown = TimeSpan.FromSeconds(5);

    /// <summary>Approved at the last second, it can still be fetched by the next poll.</summary>
    public static readonly TimeSpan Handover = TimeSpan.FromMinutes(1);

    /// <summary>Less than any interval: within it a second poll is the same machine's, not a thief's.</summary>
    public static readonly TimeSpan Parallel = TimeSpan.FromSeconds(4);

    private DeviceGrant()
    {
    }

    public DeviceGrant(Guid id, byte[] codeHash, string userCode, DeviceAsker asker, DateTimeOffset now)
    {
        Id = id;
        CodeHash = codeHash;
        UserCode = userCode;
        ClientId = asker.ClientId;
        ClientName = asker.ClientName;
        Machine = asker.Machine;
        Scope = asker.Scope;
        Address = asker.Address;
        CreatedAt = now;
        Interval = FirstInterval;
    }

    public Guid Id { get; private set; }

    /// <summary>SHA-256 of the 256 bits that the asking machine polls with.</summary>
    public byte[] CodeHash { get; private set; } = [];

    /// <summary>The words; they open nothing without a signed-in person's click.</summary>
    public string UserCode { get; private set; } = "";

    public string ClientId { get; private set; } = "";

    public string ClientName { get; private set; } = "";

    public string? Machine { get; private set; }

    public string Scope { get; private set; } = "";

    public IPAddress? Address { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    public DeviceGrantState State { get; private set; }

    /// <summary>Who decided.</summary>
    public Guid? AccountId { get; private set; }

    public DateTimeOffset? DecidedAt { get; private set; }

    public TimeSpan Interval { get; private set; }

    public DateTimeOffset? PolledAt { get; private set; }

    public DateTimeOffset? DeliveredAt { get; private set; }

    /// <summary>The grant whose tokens were delivered.</summary>
    public Guid? GrantId { get; private set; }

    /// <summary>The program and its machine, as its owner will find it in a list.</summary>
    public string Called => Machine is null ? ClientName : $"{ClientName} on {Machine}";

    public DateTimeOffset ExpiresAt => CreatedAt + Life;

    public bool IsOpen(DateTimeOffset now) => State == DeviceGrantState.Pending && now < ExpiresAt;

    public Refusal? Approve(Guid accountId, DateTimeOffset now) => Decide(DeviceGrantState.Approved, accountId, now);

    public Refusal? Deny(Guid accountId, DateTimeOffset now) => Decide(DeviceGrantState.Denied, accountId, now);

    /// <param name="now">When the poll arrived, not when its turn came.</param>
    public DevicePoll Poll(DateTimeOffset now)
    {
        switch (State)
        {
            case DeviceGrantState.Delivered:
                return now < DeliveredAt + Parallel ? DevicePoll.Spent : DevicePoll.Reused;
            case DeviceGrantState.Approved when now < ExpiresAt || now < DecidedAt + Handover:
                return DevicePoll.Deliver;
            case DeviceGrantState.Denied when now < ExpiresAt:
                return DevicePoll.Denied;
            case DeviceGrantState.Pending when now < ExpiresAt:
                var isTooSoon = now < PolledAt + Interval;
                Interval += isTooSoon ? SlowDown : TimeSpan.Zero;
                PolledAt = now;
                return isTooSoon ? DevicePoll.SlowDown : DevicePoll.Pending;
            default:
                return DevicePoll.Expired;
        }
    }

    public void Deliver(Guid grantId, DateTimeOffset now)
    {
        if (State != DeviceGrantState.Approved)
        {
            throw new InvalidOperationException($"A device grant that is {State} gives out nothing.");
        }

        (State, GrantId, DeliveredAt) = (DeviceGrantState.Delivered, grantId, now);
    }

    private Refusal? Decide(DeviceGrantState decided, Guid accountId, DateTimeOffset now)
    {
        if (!IsOpen(now))
        {
            return State == DeviceGrantState.Pending ? DeviceAccessRefusals.Expired : DeviceAccessRefusals.Decided;
        }

        (State, AccountId, DecidedAt) = (decided, accountId, now);
        return null;
    }
}
