using Microsoft.EntityFrameworkCore;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Accounts;

/// <param name="Where">The address it came from and the program, as far as they are known.</param>
/// <param name="InstanceId">The computer it happened to; null: it happened to the account.</param>
/// <param name="IsWarning">Something was refused or tried without success.</param>
public sealed record ActivityLine(string Key, DateTimeOffset At, string Message, string? Where, Guid? InstanceId, bool IsWarning);

/// <summary>What happened to an account and its computers, told to its owner.</summary>
public sealed class ActivityService(IDbContextFactory<SpoqDbContext> contexts)
{
    /// <summary>The newest lines of both kinds, newest first.</summary>
    public async Task<IReadOnlyList<ActivityLine>> ListAsync(Guid accountId, int limit, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var entries = await db.Set<AuditEntry>().AsNoTracking().Where(entry => entry.AccountId == accountId)
            .OrderByDescending(entry => entry.Id).Take(limit).ToListAsync(cancellationToken);
        var events = await db.InstanceEvents.AsNoTracking()
            .Where(line => db.Instances.Any(instance => instance.Id == line.InstanceId && instance.AccountId == accountId))
            .OrderByDescending(line => line.Id).Take(limit).ToListAsync(cancellationToken);
        return
        [
            .. entries.Select(Line)
                .Concat(events.Select(line => new ActivityLine($"i{line.Id}", line.At, line.Message, null, line.InstanceId, false)))
                .OrderByDescending(line => line.At)
                .Take(limit),
        ];
    }

    private static ActivityLine Line(AuditEntry entry) => new(
        $"a{entry.Id}", entry.At, ActivityWords.Say(entry.Action, entry.Detail), Where(entry), null, ActivityWords.IsWarning(entry.Action));

    private static string? Where(AuditEntry entry)
    {
        string?[] parts = [UserAgent.Describe(entry.UserAgent), entry.Address is { } address ? $"from {(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)}" : null];
        var known = parts.OfType<string>().ToList();
        return known.Count == 0 ? null : string.Join(' ', known);
    }
}
