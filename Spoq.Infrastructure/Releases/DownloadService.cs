using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Releases;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Releases;

/// <param name="Token">Told once; only its hash is kept.</param>
public sealed record IssuedDownload(Guid Id, string Token, DateTimeOffset ExpiresAt);

/// <summary>Private downloads: who may take which binary, and that each token is good for one of them.</summary>
public sealed class DownloadService(IDbContextFactory<SpoqDbContext> contexts, IReleaseStore store, RateLimiter limiter, AuditLog audit, TimeProvider clock)
{
    /// <summary>Published when a token has been used; the payload is the token's id.</summary>
    public const string Channel = "download_used";

    private static readonly RateRule s_tokensPerAccount = RateRule.PerHour(60);
    private static readonly RateRule s_triesPerCaller = new(120, TimeSpan.FromMinutes(10));

    public Task<ReleaseManifest?> ManifestAsync(CancellationToken cancellationToken) => store.ReadAsync(cancellationToken);

    /// <param name="accountId">Whose.</param>
    /// <param name="product"><c>spoq</c> (or <c>cli</c>) or <c>conductor</c>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<Result<IssuedDownload>> IssueAsync(Guid accountId, string? product, CancellationToken cancellationToken)
    {
        var name = product is "cli" ? ReleaseArtifact.CommandLine : product;
        if (name is not (ReleaseArtifact.CommandLine or ReleaseArtifact.Conductor))
        {
            return ReleaseRefusals.UnknownProduct;
        }

        if ((await store.ReadAsync(cancellationToken))?.VersionOf(name) is null)
        {
            return ReleaseRefusals.NothingPublished;
        }

        if (await limiter.TakeAsync("download-token", accountId.ToString(), s_tokensPerAccount, cancellationToken) is { } wait)
        {
            return ReleaseRefusals.TooMany(wait);
        }

        var now = clock.GetUtcNow();
        var secret = Secret.New();
        var token = new DownloadToken(Guid.CreateVersion7(), accountId, name, Secret.Hash(secret), now);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Set<DownloadToken>().Where(old => old.AccountId == accountId && old.CreatedAt < now - DownloadToken.Life).ExecuteDeleteAsync(cancellationToken);
        db.Add(token);
        await db.SaveChangesAsync(cancellationToken);
        return new IssuedDownload(token.Id, secret, token.ExpiresAt);
    }

    /// <summary>Whether a download with it would be let through; takes nothing, so that a script may be read before it is run.</summary>
    public async Task<Refusal?> CheckAsync(string? secret, Caller caller, CancellationToken cancellationToken)
    {
        if (await LimitAsync(caller, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        var hash = Secret.Hash(secret);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var token = await db.Set<DownloadToken>().AsNoTracking().SingleOrDefaultAsync(row => row.Hash == hash, cancellationToken);
        return token is null ? ReleaseRefusals.TokenInvalid : token.Check(clock.GetUtcNow());
    }

    /// <summary>Whether the owner's command still works; a page asks after each notice.</summary>
    public async Task<bool> IsOpenAsync(Guid accountId, Guid tokenId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var token = await db.Set<DownloadToken>().AsNoTracking().SingleOrDefaultAsync(row => row.Id == tokenId && row.AccountId == accountId, cancellationToken);
        return token is not null && token.Check(clock.GetUtcNow()) is null;
    }

    /// <summary>Takes the token. Of any number at once, one gets the file.</summary>
    public async Task<Result<ReleaseArtifact>> RedeemAsync(string? secret, string name, bool goesOn, Caller caller, CancellationToken cancellationToken)
    {
        if (await LimitAsync(caller, cancellationToken) is { } tooMany)
        {
            return tooMany;
        }

        if ((await store.ReadAsync(cancellationToken)) is not { } manifest)
        {
            return ReleaseRefusals.NothingPublished;
        }

        if (manifest.Find(name) is not { } artifact)
        {
            return ReleaseRefusals.NoSuchBuild;
        }

        var hash = Secret.Hash(secret);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var token = await db.Set<DownloadToken>().FromSql($"select * from download_tokens where hash = {hash} for update").SingleOrDefaultAsync(cancellationToken);
        var wasUsed = token?.UsedAt is not null;
        if ((token is null ? ReleaseRefusals.TokenInvalid : token.Take(artifact, goesOn, caller.Address, clock.GetUtcNow())) is { } no)
        {
            return no;
        }

        if (!wasUsed)
        {
            audit.Add(db, new AuditEntry(token!.AccountId, "release.downloaded", $"{artifact.Name} {artifact.Version}", caller.Address, caller.UserAgent));
            await Notices.PublishAsync(db, Channel, token.Id.ToString(), cancellationToken);
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return artifact;
    }

    private async Task<Refusal?> LimitAsync(Caller caller, CancellationToken cancellationToken) =>
        await limiter.TakeAsync("download", caller.LimitKey, s_triesPerCaller, cancellationToken) is { } wait ? ReleaseRefusals.TooMany(wait) : null;

    public Stream? Open(ReleaseArtifact artifact) => store.Open(artifact);
}
