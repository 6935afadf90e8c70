using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Access;

/// <summary>A client that has just registered; its secret is told this once.</summary>
public sealed record RegisteredClient(OAuthClient Client, string? Secret);

/// <summary>Which programs are known, and whether one is who it says.</summary>
public sealed class OAuthClients(IDbContextFactory<SpoqDbContext> contexts, IOptions<SpoqOptions> options, AccessDesk desk)
{
    private const int MaxIdLength = 64;

    private static readonly TimeSpan s_usedEvery = TimeSpan.FromHours(1);

    /// <summary>Registered, ours, or self-hosted and known by its id alone.</summary>
    public async Task<OAuthClient?> FindAsync(string? clientId, CancellationToken cancellationToken)
    {
        // The database takes no NUL, and no id of ours has anything else that cannot be seen.
        if (clientId is not { Length: > 0 and <= MaxIdLength } || clientId.Any(char.IsControl) || FirstPartyClients.Is(clientId))
        {
            return clientId is null ? null : OAuthClient.BuiltIn(clientId);
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<OAuthClient>().AsNoTracking().SingleOrDefaultAsync(client => client.Id == clientId, cancellationToken) ?? OAuthClient.BuiltIn(clientId);
    }

    /// <summary>A confidential client must show its secret; a public one has none to show.</summary>
    /// <returns>Null: not who it says.</returns>
    public async Task<OAuthClient?> AuthenticateAsync(string? clientId, string? secret, CancellationToken cancellationToken)
    {
        var client = await FindAsync(clientId, cancellationToken);

        // One comparison whatever there is, so that time tells nothing.
        var isRight = CryptographicOperations.FixedTimeEquals(Secret.Hash(secret), client?.SecretHash ?? Secret.Hash(null));
        if (client is null || !isRight || (secret is null) != client.IsPublic)
        {
            return null;
        }

        await UsedAsync(client, cancellationToken);
        return client;
    }

    /// <summary>Null: the id is taken.</summary>
    public async Task<RegisteredClient?> RegisterAsync(ClientRegistration registration, Caller caller, CancellationToken cancellationToken)
    {
        var secret = registration.IsPublic ? null : Secret.New();
        var id = registration.Id ?? "app_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        var client = OAuthClient.From(registration, id, secret is null ? null : Secret.Hash(secret), desk.Now);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        db.Add(client);
        desk.Audit(db, null, "access.client_registered", $"{client.Name} as {id}", caller);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (error.InnerException is Npgsql.PostgresException { SqlState: Npgsql.PostgresErrorCodes.UniqueViolation })
        {
            return null;
        }

        return new RegisteredClient(client, secret);
    }

    /// <summary>Whose answers may not be sent to ourselves.</summary>
    public string OwnHost => options.Value.BaseUrl.Host;

    private async Task UsedAsync(OAuthClient client, CancellationToken cancellationToken)
    {
        var now = desk.Now;
        if (client.LastUsedAt is null || client.LastUsedAt < now - s_usedEvery)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            await db.Set<OAuthClient>().Where(row => row.Id == client.Id).ExecuteUpdateAsync(set => set.SetProperty(row => row.LastUsedAt, now), cancellationToken);
        }
    }
}
