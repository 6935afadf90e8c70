using System.Text;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Moving;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Moving;

/// <summary>The moves in hand: their keys, and what each of the two servers may know of them.</summary>
public sealed class ServerMoves
{
    internal const string KeyPurpose = "server_moves.key";

    private readonly IDbContextFactory<SpoqDbContext> _contexts;
    private readonly SecretBox _secrets;
    private readonly TimeProvider _clock;

    internal ServerMoves(IDbContextFactory<SpoqDbContext> contexts, SecretBox secrets, TimeProvider clock) => (_contexts, _secrets, _clock) = (contexts, secrets, clock);

    /// <summary>The move of this instance; null: there is none in hand.</summary>
    internal async Task<ServerMove?> OfAsync(Instance instance, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        return await OpenAsync(db, instance, cancellationToken);
    }

    internal static async Task<ServerMove?> OpenAsync(SpoqDbContext db, Instance instance, CancellationToken cancellationToken) =>
        instance.MoveId is { } id ? await db.Set<ServerMove>().SingleOrDefaultAsync(move => move.Id == id && move.EndedAt == null, cancellationToken) : null;

    /// <summary>Whether this is the token of the old server, which is in use until the new one takes its place.</summary>
    internal static async Task<bool> IsOtherAsync(SpoqDbContext db, Instance? instance, string token, CancellationToken cancellationToken) =>
        instance is not null && await OpenAsync(db, instance, cancellationToken) is { } move && ServerTokens.Matches(token, move.OtherTokenHash);

    /// <summary>With a key that exists nowhere else; part of the caller's transaction.</summary>
    internal ServerMove New(Instance instance, string fromAddress)
    {
        var key = HostKey.New();
        var move = new ServerMove(Guid.CreateVersion7(), instance.Id, fromAddress, key.PublicLine, _clock.GetUtcNow());
        move.KeepKey(_secrets.Seal(Encoding.ASCII.GetBytes(key.Pem), KeyPurpose));
        return move;
    }

    /// <summary>No token or key of it counts any more.</summary>
    internal static async Task EndAsync(SpoqDbContext db, Instance instance, DateTimeOffset now, CancellationToken cancellationToken) =>
        (await OpenAsync(db, instance, cancellationToken))?.End(now);

    /// <summary>For the new server, when it is installed: where the old one is and how it gets in; empty: it takes nobody's place.</summary>
    internal async Task<IReadOnlyList<(string Name, string Value)>> SettingsAsync(Instance instance, CancellationToken cancellationToken)
    {
        if (await OfAsync(instance, cancellationToken) is not { SealedKey: { } key } move || instance.SealedHostKey is not { } hostKey)
        {
            return [];
        }

        var shown = HostKey.Read(Encoding.ASCII.GetString(_secrets.Open(hostKey, HostKey.Purpose)));
        return
        [
            ("move_from", move.FromAddress),
            ("move_user", instance.Username),
            ("move_key", Convert.ToBase64String(_secrets.Open(key, KeyPurpose))),
            ("move_host_key", Convert.ToBase64String(Encoding.ASCII.GetBytes(shown.PublicLine))),
        ];
    }

    /// <summary>The old server lets the move's key in as its first user, whoever of its people may log in besides.</summary>
    internal static IReadOnlyList<DesiredProfile> LetIn(ServerMove move, string username, IReadOnlyList<DesiredProfile> profiles)
    {
        var (algorithm, blob) = (move.PublicKey[..move.PublicKey.IndexOf(' ', StringComparison.Ordinal)], move.PublicKey[(move.PublicKey.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        var key = new DesiredKey(move.Id, algorithm, blob, HostKey.FingerprintOf(Convert.FromBase64String(blob)));
        return profiles.Any(profile => profile.Username == username)
            ? [.. profiles.Select(profile => profile.Username == username ? profile with { Keys = [.. profile.Keys, key] } : profile)]
            : [.. profiles, new DesiredProfile(username, [key])];
    }

    /// <summary>What the new server is to do; null: not let in, or there is no move any more.</summary>
    public async Task<MoveOrder?> AskAsync(Guid instanceId, string token, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        var instance = await db.Instances.AsNoTracking().SingleOrDefaultAsync(row => row.Id == instanceId, cancellationToken);
        return ServerTokens.Matches(token, instance?.InstanceTokenHash) ? (await OpenAsync(db, instance!, cancellationToken))?.Order : null;
    }

    /// <summary>False: not let in, or there is no move any more.</summary>
    public async Task<bool> HearAsync(Guid instanceId, string token, MoveReport report, string? text, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var instance = await db.LockInstanceAsync(instanceId, cancellationToken);
        if (!ServerTokens.Matches(token, instance?.InstanceTokenHash) || await OpenAsync(db, instance!, cancellationToken) is not { TakenBackAt: null } move)
        {
            return false;
        }

        var now = _clock.GetUtcNow();
        if (move.Hear(report, Words(report, text), now))
        {
            instance!.HearOfMove(move, now);
            await db.AnnounceAsync(instanceId, cancellationToken);
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>A machine's text: what steers a terminal is taken out.</summary>
    private static string Words(MoveReport report, string? text)
    {
        var plain = string.Concat((text ?? "").Where(c => !char.IsControl(c))).Trim();
        var words = report == MoveReport.Failed ? $"The copy broke off and is tried again: {plain}" : $"Copying: {plain}";
        return words.Length <= ServerMove.LongestText ? words : words[..ServerMove.LongestText];
    }
}
