namespace Spoq.Core.Instances.Providers.Byo;

/// <summary>What a machine tells of itself when the command is run on it.</summary>
/// <param name="KeyHash">SHA-256 of a secret that the machine made for itself: by it the same machine is known again.</param>
/// <param name="Address">Where its call came from, checked before: nobody can name an address that is not theirs.</param>
/// <param name="System">Such as <c>Debian GNU/Linux 12 (bookworm)</c>.</param>
/// <param name="HostKeyFingerprint">Of its own SSH host key, which stays; null: it has none yet.</param>
public sealed record CallingServer(byte[] KeyHash, string Address, string System, string? HostKeyFingerprint);

/// <summary>A machine that a customer brings for an instance: the command they run on it, and who came by it.</summary>
/// <param name="id">The instance's.</param>
public sealed class OwnServer(Guid id, DateTimeOffset createdAt)
{
    /// <summary>Key of the provider.</summary>
    public const string Provider = "byo";

    /// <summary>Names of systems that servers tell.</summary>
    public const int LongestSystem = 100;

    public const int LongestFingerprint = 64;

    /// <summary>It stands on a page and perhaps in somebody's shell history: a new one is a click away.</summary>
    public static readonly TimeSpan CommandLife = TimeSpan.FromHours(24);

    /// <summary>From the last command on: so long a paid instance waits for its machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(7);

    /// <summary>So long its Conductor may take to hear that it is let go. After that it is taken for dead.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromMinutes(10);

    public Guid Id { get; private set; } = id;

    public DateTimeOffset CreatedAt { get; private set; } = createdAt;

    /// <summary>SHA-256 of the command's token; null: none was made yet.</summary>
    public byte[]? CommandHash { get; private set; }

    /// <summary>The token, encrypted, to be shown again; gone once it has served.</summary>
    public byte[]? SealedCommand { get; private set; }

    public DateTimeOffset CommandAt { get; private set; }

    public byte[]? KeyHash { get; private set; }

    /// <summary>Its public network address.</summary>
    public string? Address { get; private set; }

    public string? System { get; private set; }

    public string? HostKeyFingerprint { get; private set; }

    public DateTimeOffset? ConnectedAt { get; private set; }

    /// <summary>It is not switched off: it lets nobody in.</summary>
    public DateTimeOffset? StoodDownAt { get; private set; }

    /// <summary>When its end began.</summary>
    public DateTimeOffset? EndingAt { get; private set; }

    /// <summary>When its Conductor heard that it has to let nobody in any more.</summary>
    public DateTimeOffset? ToldAt { get; private set; }

    public DateTimeOffset? DetachedAt { get; private set; }

    public bool IsConnected => ConnectedAt is not null;

    public DateTimeOffset CommandExpiresAt => CommandAt + CommandLife;

    public DateTimeOffset WaitsUntil => CommandAt + Patience;

    private bool IsOver => EndingAt is not null || DetachedAt is not null;

    /// <summary>The one before counts no more.</summary>
    public Refusal? Issue(byte[] tokenHash, byte[] sealedToken, DateTimeOffset now)
    {
        if (IsConnected || IsOver)
        {
            return IsOver ? OwnServerRefusals.Detached : OwnServerRefusals.AlreadyConnected;
        }

        (CommandHash, SealedCommand, CommandAt) = (tokenHash, sealedToken, now);
        return null;
    }

    /// <summary>The first machine has it; the same one may come again, also with an old command, to be repaired.</summary>
    public Refusal? Connect(CallingServer server, DateTimeOffset now)
    {
        if (IsOver)
        {
            return OwnServerRefusals.Detached;
        }

        if (KeyHash is not null && !KeyHash.SequenceEqual(server.KeyHash))
        {
            return OwnServerRefusals.CommandUsed(Address!);
        }

        if (KeyHash is null && now >= CommandExpiresAt)
        {
            return OwnServerRefusals.CommandExpired;
        }

        KeyHash = server.KeyHash;
        Address = server.Address;
        System = server.System;
        HostKeyFingerprint = server.HostKeyFingerprint;
        ConnectedAt ??= now;
        SealedCommand = null;
        return null;
    }

    public void StandDown(DateTimeOffset now) => StoodDownAt ??= now;

    public void GoOn() => StoodDownAt = null;

    public void BeginEnd(DateTimeOffset now) => EndingAt ??= now;

    /// <summary>Whether its Conductor may still hear of the end.</summary>
    public bool MayStillHear(DateTimeOffset now) => IsConnected && ToldAt is null && now < EndingAt + Farewell;

    public void Detach(DateTimeOffset now)
    {
        BeginEnd(now);
        DetachedAt ??= now;
        CommandHash = SealedCommand = KeyHash = null;
    }
}
