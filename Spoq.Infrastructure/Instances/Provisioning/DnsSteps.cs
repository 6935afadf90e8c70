using Spoq.Core.Instances;
using Spoq.Core.Instances.Dns;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>Done when the record reads back as it was written.</summary>
internal sealed class ConfigureDnsStep(ServerProviders providers, IDnsZone zone, CertificateQueue certificates, TimeProvider clock) : IProvisioningStep
{
    public Step Step => Step.ConfigureDns;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        var server = await providers.Named(instance.Provider).GetAsync(instance.ServerReference!, cancellationToken);
        if (server?.PublicAddress is not { } address)
        {
            return Outcomes.NotYet(instance, clock.GetUtcNow(), "The provider has not named the computer's network address yet.");
        }

        // Only what is reached by TLS of its own takes a certificate; one that moved brought it along.
        if (instance.Road != Road.Move && instance.Endpoint?.StartsWith(Uri.UriSchemeHttps, StringComparison.Ordinal) == true && await certificates.TakeAsync(instance, cancellationToken) is { } line)
        {
            return line;
        }

        await zone.UpsertAsync(instance.Hostname, address, cancellationToken);
        return await zone.FindAsync(instance.Hostname, cancellationToken) == address
            ? Outcomes.Done
            : Outcomes.NotYet(instance, clock.GetUtcNow(), "The address record is on its way.");
    }
}

/// <summary>Done when nobody can still be led by the record to the address, which will be somebody else's.</summary>
internal sealed class RemoveDnsStep(IDnsZone zone) : IProvisioningStep
{
    /// <summary>Also the mark that an earlier visit saw the record gone: it is committed with the visit.</summary>
    private const string Waiting = "Waiting until no resolver remembers the address.";

    public Step Step => Step.RemoveDns;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        // Read first: a record that is there now was there until now, whatever an earlier visit saw.
        var wasThere = zone.Memory > TimeSpan.Zero && await zone.FindAsync(instance.Hostname, cancellationToken) is not null;
        await zone.RemoveAsync(instance.Hostname, cancellationToken);
        var isForgotten = zone.Memory == TimeSpan.Zero || instance.Endpoint is null || (!wasThere && instance.WaitingFor == Waiting);
        return isForgotten && !wasThere ? Outcomes.Done : new StepOutcome.NotYet(zone.Memory, Waiting);
    }
}
