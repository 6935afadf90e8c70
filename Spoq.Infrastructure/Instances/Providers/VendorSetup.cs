using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Spoq.Infrastructure.Instances.Providers;

/// <summary>What the doors to all vendors have in common.</summary>
internal static class VendorSetup
{
    /// <summary>Below a visit's limit, so that silence is told as silence. See <c>ProvisioningWorker</c>.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    public static void AddVendorClient(this IServiceCollection services, string key, Func<IServiceProvider, Uri> baseUrl) =>
        services.AddHttpClient(key, (provider, http) =>
            {
                http.BaseAddress = new Uri(baseUrl(provider).AbsoluteUri.TrimEnd('/') + "/");
                http.Timeout = s_patience;
            })
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
            .RemoveAllLoggers();

    /// <summary>Any of a vendor's settings is there: then all that it needs must be.</summary>
    public static bool IsSet(this IConfiguration configuration, string section, params string[] names) =>
        names.Any(name => configuration[$"{section}:{name}"] is { Length: > 0 });

    public static IEnumerable<string> Missing(string section, params (string Name, string? Value)[] settings) =>
        settings.Where(setting => string.IsNullOrWhiteSpace(setting.Value)).Select(setting => $"{section}__{setting.Name} is not set.");

    /// <summary>Whoever can change the answers of a vendor spends our money: outside of tests only by https.</summary>
    public static IEnumerable<string> WrongAddress(string name, Uri address, IHostEnvironment environment)
    {
        if (!address.IsAbsoluteUri || address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0)
        {
            yield return $"{name} must be an absolute address without user, query or fragment.";
        }
        else if (address.Scheme != Uri.UriSchemeHttps && (environment.IsProduction() || address.Scheme != Uri.UriSchemeHttp || !address.IsLoopback))
        {
            yield return $"{name} must start with https://.";
        }
    }
}
