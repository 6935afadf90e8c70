using Microsoft.EntityFrameworkCore;
using Spoq.Core.Instances;
using Spoq.Core.Releases;
using Spoq.Core.Wire;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances;

namespace Spoq.Infrastructure.Releases;

/// <summary>Which computer is offered a newer Conductor, or a newer <c>spoq</c> of its own. A version that one of them had to take back is offered to no other.</summary>
public sealed class ConductorUpdates(IDbContextFactory<SpoqDbContext> contexts, DownloadService downloads)
{
    private const string FailedKind = "update_failed";

    /// <summary>Null: there is nothing for it now.</summary>
    public async Task<UpdateOffer?> OfferAsync(Instance instance, UpdateAsk ask, CancellationToken cancellationToken)
    {
        if (await downloads.ManifestAsync(cancellationToken) is not { } manifest || manifest.Find(ask.Artifact) is not { } artifact)
        {
            return null;
        }

        // A command line that does not start never takes its place: only the Conductor can have had to go back.
        var hasFailed = artifact.Product == ReleaseArtifact.Conductor && await HasFailedAsync(artifact.Version, cancellationToken);
        if (!Rollout.Offers(instance.Id, artifact.Product, ask.Version, manifest, hasFailed))
        {
            return null;
        }

        var issued = await downloads.IssueAsync(instance.AccountId, artifact.Product, cancellationToken);
        return issued.Try(out var download, out _)
            ? new UpdateOffer(artifact.Name, artifact.Version, artifact.Size, artifact.Sha256, artifact.Signature, ReleaseVersion.IsNewer(manifest.MinOf(artifact.Product), ask.Version), download.Token)
            : null;
    }

    /// <summary>Into the computer's story, once; in the caller's transaction.</summary>
    internal static async Task NoteAsync(SpoqDbContext db, Instance instance, UpdateOutcome outcome, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var message = MessageOf(outcome.Version);
        if (!outcome.IsDone && !await db.InstanceEvents.AnyAsync(line => line.InstanceId == instance.Id && line.Kind == FailedKind && line.Message == message, cancellationToken))
        {
            db.Tell(instance, now, FailedKind, message);
        }
    }

    private async Task<bool> HasFailedAsync(string version, CancellationToken cancellationToken)
    {
        var message = MessageOf(version);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.InstanceEvents.AnyAsync(line => line.Kind == FailedKind && line.Message == message, cancellationToken);
    }

    private static string MessageOf(string version) => $"The update of the Conductor to {version} did not come up, so the one before was put back. Nothing is lost.";
}
