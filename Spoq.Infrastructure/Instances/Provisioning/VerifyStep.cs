using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;
using Spoq.Core.Instances.Provisioning;
using Spoq.Infrastructure.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>From outside, as the owner will come: the Conductor answers under its hostname and takes a token of ours, and SSH shows the key that is known.</summary>
internal sealed class VerifyStep(HttpClient http, ConductorClient conductors, ServerProviders providers, TimeProvider clock) : IProvisioningStep
{
    public Step Step => Step.Verify;

    public async Task<StepOutcome> AttemptAsync(Instance instance, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(instance.Endpoint!), "/health"));
            request.Headers.Host = instance.Hostname;
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                return Outcomes.NotYet(instance, clock.GetUtcNow(), $"The computer answers, but says {(int)answer.StatusCode}.");
            }

            var status = await conductors.StatusAsync(instance, cancellationToken);
            return status.InstanceId == instance.Id
                ? await LookAtSshAsync(instance, cancellationToken)
                : new StepOutcome.Failed("wrong_computer", "Another computer answers under this address.");
        }
        catch (HttpRequestException)
        {
            return Outcomes.NotYet(instance, clock.GetUtcNow(), "The computer does not answer under its address yet.");
        }
        catch (ConductorUnreachableException)
        {
            return Outcomes.NotYet(instance, clock.GetUtcNow(), "The Conductor does not let us in yet.");
        }
    }

    private async Task<StepOutcome> LookAtSshAsync(Instance instance, CancellationToken cancellationToken)
    {
        var provider = providers.Named(instance.Provider);
        if (!provider.Capabilities.HasFlag(ServerCapabilities.Ssh))
        {
            return Outcomes.Done;
        }

        var server = await provider.GetAsync(instance.ServerReference!, cancellationToken);
        if (server?.PublicAddress is not { } address || await SshProbe.FingerprintAsync(address, server.SshPort, cancellationToken) is not { } seen)
        {
            return Outcomes.NotYet(instance, clock.GetUtcNow(), "The computer does not answer by SSH yet.");
        }

        return instance.HostKeyFingerprint is { } known && known != seen
            ? new StepOutcome.Failed("wrong_host_key", "The computer shows another SSH host key than the one that it was given.")
            : new StepOutcome.Done { Server = server with { HostKeyFingerprint = seen } };
    }
}
