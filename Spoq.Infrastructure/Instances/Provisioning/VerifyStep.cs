using Spoq.Core.Instances;
using Spoq.Core.Instances.Provisioning;

namespace Spoq.Infrastructure.Instances.Provisioning;

/// <summary>From outside, as the owner will come: the Conductor answers under its hostname and takes a token of ours.</summary>
internal sealed class VerifyStep(HttpClient http, ConductorClient conductors, TimeProvider clock) : IProvisioningStep
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
                ? Outcomes.Done
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
}
