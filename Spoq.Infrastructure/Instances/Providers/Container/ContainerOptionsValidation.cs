using Microsoft.Extensions.Options;

namespace Spoq.Infrastructure.Instances.Providers.Container;

internal sealed class ContainerOptionsValidation : IValidateOptions<ContainerOptions>
{
    public ValidateOptionsResult Validate(string? name, ContainerOptions options)
    {
        var wrong = new List<string>();
        if (!Path.IsPathRooted(options.SocketPath))
        {
            wrong.Add("Container__Socket must be the whole path of the engine's socket, such as /run/docker.sock.");
        }

        if (string.IsNullOrWhiteSpace(options.Image))
        {
            wrong.Add("Container__Image must be the whole name of the image, such as localhost/spoq-instance:latest.");
        }

        if (options.MaxInstances < 1)
        {
            wrong.Add("Container__MaxInstances must be at least 1.");
        }

        if (options is not { MaxProcesses: >= 64, MaxOpenFiles: >= 256 })
        {
            wrong.Add("Container__MaxProcesses must be at least 64 and Container__MaxOpenFiles at least 256.");
        }

        if (options.StopGraceSeconds is < 1 or > 20)
        {
            wrong.Add("Container__StopGraceSeconds must be between 1 and 20.");
        }

        if (!System.Net.IPAddress.TryParse(options.PublicAddress, out _))
        {
            wrong.Add("Container__PublicAddress must be the IP address at which the gateway answers.");
        }

        if (options.Endpoint is { } endpoint && !Uri.TryCreate(endpoint.Replace("{hostname}", "a.example", StringComparison.Ordinal), UriKind.Absolute, out _))
        {
            wrong.Add("Container__Endpoint must be an address, such as https://{hostname}.");
        }

        if (options.Certificates is not ("acme" or "internal" or "none"))
        {
            wrong.Add($"Container__Certificates is \"{options.Certificates}\": use acme, internal or none.");
        }

        if (options.GatewayDirectory is not null && options.GatewayKey is not { Length: >= 32 })
        {
            wrong.Add("Container__GatewayKey must be at least 32 letters where there is a Container__GatewayDirectory (openssl rand -hex 32).");
        }

        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
