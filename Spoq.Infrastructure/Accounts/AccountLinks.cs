using Microsoft.Extensions.Options;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Accounts;

/// <summary>Links in mails start with the configured address, never with a request's Host header.</summary>
public sealed class AccountLinks(IOptions<SpoqOptions> options)
{
    internal Uri Login => On("/login");

    internal Uri Forgot => On("/forgot-password");

    internal Uri Setup => On("/setup");

    internal Uri Dashboard => On("/dashboard");

    internal Uri Activity => On("/dashboard/activity");

    internal Uri Billing => On("/dashboard/billing");

    internal Uri Usage => On("/dashboard/usage");

    internal Uri Account => On("/dashboard/account");

    internal Uri Console(Guid instanceId) => On($"/r/{instanceId}");

    internal Uri Confirm(string token) => On($"/confirm-email?token={token}");

    internal Uri Reset(string token) => On($"/reset-password?token={token}");

    private Uri On(string path) => new(options.Value.BaseUrl, path);
}
