using Microsoft.EntityFrameworkCore;
using Spoq.Core.Access;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Access;

/// <summary>What a poll is answered; the tokens only once, and never to whoever cannot name the program.</summary>
/// <param name="Interval">How long to wait between polls from now on.</param>
/// <param name="Hostname">Where the account's computer is reached, when it has one.</param>
public sealed record DeviceAnswer(DevicePoll Poll, TimeSpan Interval, IssuedTokens? Tokens = null, Guid? AccountId = null, string? Hostname = null);

/// <summary>The asking machine's side: it polls until a person has decided (RFC 8628, sections 3.4 and 3.5).</summary>
public sealed class DeviceDelivery(IDbContextFactory<SpoqDbContext> contexts, TokenService tokens, SigningKeys keys, AccessDesk desk)
{
    /// <returns>Null: no such code, or another program's.</returns>
    public async Task<DeviceAnswer?> PollAsync(string? deviceCode, string? clientId, Caller caller, CancellationToken cancellationToken)
    {
        // A poll that waits for its turn at the row is judged by when it came.
        var arrived = desk.Now;
        var hash = Secret.Hash(deviceCode);

        // The keys are read before a connection is held: of many polls at once, the one that signs would wait for the others.
        await keys.VerifyingAsync(cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var device = (await db.Set<DeviceGrant>().FromSql($"select * from device_grants where code_hash = {hash} for update").ToListAsync(cancellationToken)).SingleOrDefault();
        if (device is null || device.ClientId != clientId)
        {
            return null;
        }

        var poll = device.Poll(arrived);
        var answer = new DeviceAnswer(poll, device.Interval);
        switch (answer.Poll)
        {
            case DevicePoll.Deliver when await desk.IsSuspendedAsync(db, device.AccountId!.Value, cancellationToken):
                answer = answer with { Poll = DevicePoll.Denied };
                break;

            case DevicePoll.Deliver:
                answer = await DeliverAsync(db, device, caller, cancellationToken);
                break;

            case DevicePoll.Reused:
                if (await desk.Grants.RevokeAsync(db, device.GrantId!.Value, "because its device code came back", caller, cancellationToken))
                {
                    desk.Audit(db, device.AccountId, "access.device_code_reused", device.Called, caller);
                }

                break;
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return answer;
    }

    private async Task<DeviceAnswer> DeliverAsync(SpoqDbContext db, DeviceGrant device, Caller caller, CancellationToken cancellationToken)
    {
        var accountId = device.AccountId!.Value;
        var grant = desk.Grants.Open(db, accountId, device.ClientId, device.Scope, device.Called, caller);
        var issued = await tokens.IssueAsync(db, grant, cancellationToken);
        device.Deliver(grant.Id, desk.Now);
        var hostname = await db.Instances
            .Where(instance => instance.AccountId == accountId && instance.State != InstanceState.Draft && instance.State != InstanceState.Cancelled && instance.State != InstanceState.Deleted)
            .OrderByDescending(instance => instance.Id).Select(instance => instance.Hostname).FirstOrDefaultAsync(cancellationToken);
        return new DeviceAnswer(DevicePoll.Deliver, device.Interval, issued, accountId, hostname);
    }
}
