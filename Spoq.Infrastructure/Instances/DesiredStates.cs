using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Spoq.Core.Access;
using Spoq.Core.Accounts;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers.Byo;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Ai;
using Spoq.Infrastructure.Ai.Upstreams;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Moving;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances;

/// <summary>What a computer is to know of its owner's wishes, put together when it asks.</summary>
public sealed class DesiredStates
{
    /// <summary>Carries the id of an instance whose desired state changed by something that has no channel of its own.</summary>
    internal const string Channel = "desired_state_changed";

    /// <summary>A runtime token, and as much again for clocks that are apart.</summary>
    private static readonly TimeSpan s_remembered = RuntimeTokens.Life * 2;

    private readonly IDbContextFactory<SpoqDbContext> _contexts;
    private readonly InstanceKeys _keys;
    private readonly ModelCatalogue _models;
    private readonly SpoqOptions _spoq;
    private readonly AiOptions _ai;
    private readonly TimeProvider _clock;

    internal DesiredStates(IDbContextFactory<SpoqDbContext> contexts, InstanceKeys keys, ModelCatalogue models, IOptions<SpoqOptions> spoq, IOptions<AiOptions> ai, TimeProvider clock) =>
        (_contexts, _keys, _models, _spoq, _ai, _clock) = (contexts, keys, models, spoq.Value, ai.Value, clock);

    /// <summary>Null: this token is not that computer's.</summary>
    public async Task<DesiredState?> ReadAsync(Guid instanceId, string token, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        var instance = await db.Instances.AsNoTracking().SingleOrDefaultAsync(row => row.Id == instanceId, cancellationToken);
        var move = instance is null || ServerTokens.Matches(token, instance.InstanceTokenHash) ? null : await ServerMoves.OpenAsync(db, instance, cancellationToken);
        if (instance is null || !ServerTokens.Matches(token, move is null ? instance.InstanceTokenHash : move.OtherTokenHash))
        {
            return null;
        }

        var people = await PeopleAsync(db, instance, cancellationToken);
        var isOpen = !IsClosed(instance);
        var good = people.Where(person => isOpen && !(person.LockedUntil > now)).ToList();
        var profiles = await ProfilesAsync(db, instance.AccountId, good.Exists(person => person.Id == instance.AccountId), cancellationToken);
        var state = new DesiredState
        {
            Revision = "",
            AsOf = default,
            InstanceId = instanceId,
            Hostname = instance.Hostname,
            Profiles = move is null ? profiles : ServerMoves.LetIn(move, instance.Username, profiles),
            Members = [.. good.Select(person => new DesiredMember(person.Id, SnakeCase.Of(person.Role.ToString())))],
            Ended = await EndedAsync(db, [.. people.Select(person => person.Id)], now - s_remembered, cancellationToken),
            Model = isOpen ? await ModelAsync(instance, cancellationToken) : null,
        };
        var revision = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(state, WireJson.Default.DesiredState)));
        return state with { Revision = revision, AsOf = now };
    }

    /// <summary>The same, to a computer that keeps it. One that is being let go has now heard so.</summary>
    public async Task<DesiredState?> HandOverAsync(Guid instanceId, string token, CancellationToken cancellationToken)
    {
        var state = await ReadAsync(instanceId, token, cancellationToken);
        if (state is { Members.Count: 0 })
        {
            var now = _clock.GetUtcNow();
            await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
            await db.Set<OwnServer>().Where(row => row.Id == instanceId && row.ToldAt == null && db.Instances.Any(one => one.Id == instanceId && (one.State == InstanceState.Deleting || one.State == InstanceState.Cancelling)))
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.ToldAt, now), cancellationToken);
        }

        return state;
    }

    internal static Task AnnounceAsync(SpoqDbContext db, Guid instanceId, CancellationToken cancellationToken) =>
        Notices.PublishAsync(db, Channel, instanceId.ToString(), cancellationToken);

    /// <summary>A machine that its owner brought cannot be switched off: stopped, and on its way out, it lets nobody in.</summary>
    private static bool IsClosed(Instance instance) =>
        instance.IsOwnServer && (IsLeaving(instance) || instance.State is InstanceState.Stopping or InstanceState.Stopped);

    private static bool IsLeaving(Instance instance) => instance.State is InstanceState.Deleting or InstanceState.Cancelling || instance.IsFinal;

    private static async Task<List<Person>> PeopleAsync(SpoqDbContext db, Instance instance, CancellationToken cancellationToken)
    {
        var owner = await db.Users.Where(user => user.Id == instance.AccountId)
            .Select(user => new Person(user.Id, InstanceRole.Owner, user.LockoutEnd)).ToListAsync(cancellationToken);
        var members = await db.Set<InstanceMember>().Where(member => member.InstanceId == instance.Id)
            .Join(db.Users, member => member.NormalizedEmail, user => user.NormalizedEmail, (member, user) => new Person(user.Id, member.Role, user.LockoutEnd))
            .ToListAsync(cancellationToken);
        return [.. owner, .. members.Where(member => member.Id != instance.AccountId).OrderBy(member => member.Id)];
    }

    private static async Task<IReadOnlyList<DesiredProfile>> ProfilesAsync(SpoqDbContext db, Guid accountId, bool mayLogIn, CancellationToken cancellationToken)
    {
        var profiles = await db.Profiles.AsNoTracking().Where(profile => profile.AccountId == accountId).OrderBy(profile => profile.Slot).ToListAsync(cancellationToken);
        var devices = mayLogIn
            ? await db.Devices.AsNoTracking().Include(device => device.Keys).Where(device => device.AccountId == accountId).OrderBy(device => device.Id).ToListAsync(cancellationToken)
            : [];
        return
        [
            .. profiles.Select(profile => new DesiredProfile(
                profile.Username,
                [
                    .. devices.Where(device => device.ProfileId == profile.Id).SelectMany(device => device.Keys.OrderBy(key => key.Id))
                        .Select(key => new DesiredKey(key.DeviceId, key.Algorithm, key.PublicKey, key.Fingerprint)),
                ])),
        ];
    }

    private static async Task<IReadOnlyList<Guid>> EndedAsync(SpoqDbContext db, Guid[] accounts, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var sessions = await db.Set<Session>().Where(row => accounts.Contains(row.AccountId) && row.RevokedAt > since).Select(row => row.Id).ToListAsync(cancellationToken);
        var grants = await db.Set<Grant>().Where(row => accounts.Contains(row.AccountId) && row.RevokedAt > since).Select(row => row.Id).ToListAsync(cancellationToken);
        return [.. sessions.Concat(grants).Order()];
    }

    private async Task<DesiredModel?> ModelAsync(Instance instance, CancellationToken cancellationToken)
    {
        var model = _ai.InstanceModel is { } named ? _models.Find(named) : _models.Models.FirstOrDefault(one => one.Price is not null && one.IsIn([instance.Plan]));
        return model is not null && await _keys.SecretAsync(instance, cancellationToken) is { } secret
            ? new DesiredModel(new Uri(_spoq.BaseUrl, "/v1"), model.Name, secret)
            : null;
    }

    private sealed record Person(Guid Id, InstanceRole Role, DateTimeOffset? LockedUntil);
}
