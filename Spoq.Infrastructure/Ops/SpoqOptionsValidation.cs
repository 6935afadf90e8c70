using Microsoft.Extensions.Options;

namespace Spoq.Infrastructure.Ops;

internal sealed class SpoqOptionsValidation : IValidateOptions<SpoqOptions>
{
    public ValidateOptionsResult Validate(string? name, SpoqOptions options)
    {
        var wrong = new List<string>();
        if (options.BaseUrl is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
        {
            wrong.Add("Spoq__BaseUrl must be the absolute address that browsers use, such as https://spoq.dev.");
        }

        if (string.IsNullOrWhiteSpace(options.InstanceDomain) || Uri.CheckHostName(options.InstanceDomain) != UriHostNameType.Dns)
        {
            wrong.Add("Spoq__InstanceDomain must be the domain that customers' addresses live under, such as spoq.dev.");
        }

        var roles = options.Roles.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (roles.Length == 0 || roles.Any(role => role is not ("web" or "worker")))
        {
            wrong.Add($"Spoq__Roles is \"{options.Roles}\": use web, worker, or web,worker.");
        }

        if (options.OperatorKey is { Length: > 0 and < 32 })
        {
            wrong.Add("Spoq__OperatorKey must be at least 32 letters (openssl rand -hex 32), or left out.");
        }

        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
