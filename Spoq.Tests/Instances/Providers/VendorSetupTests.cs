using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spoq.Core.Instances.Dns;
using Spoq.Core.Instances.Providers;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Dns;
using Spoq.Infrastructure.Instances.Dns.Cloudflare;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Ops;

namespace Spoq.Tests.Instances.Providers;

public sealed class VendorSetupTests
{
    private static readonly string[] s_all =
    [
        "Hostinger:ApiKey=x", "Contabo:ClientId=x", "Contabo:ClientSecret=x", "Contabo:ApiUser=x", "Contabo:ApiPassword=x", "Fly:ApiToken=x", "Fly:Image=x",
        "Cloudflare:ApiToken=x", "Cloudflare:ZoneId=023e105f4ecef8ad9ca31a8372d0c353",
    ];

    [Theory]
    [InlineData("Production")]
    [InlineData("Development")]
    public void A_vendor_is_there_in_every_environment_once_its_credential_is(string environment)
    {
        using var none = Build(environment);
        using var all = Build(environment, s_all);

        Assert.Equal([], Names(none));
        Assert.Equal(["contabo", "fly", "hostinger"], Names(all));
        Assert.IsType<CloudflareZone>(all.GetRequiredService<IDnsZone>());
        Assert.IsType(environment == "Production" ? typeof(NoDnsZone) : typeof(LocalDnsZone), none.GetRequiredService<IDnsZone>());
        all.GetRequiredService<IStartupValidator>().Validate();
    }

    [Theory]
    [InlineData("Contabo__ClientSecret is not set.", "Contabo:ClientId=x", "Contabo:ApiUser=x", "Contabo:ApiPassword=x")]
    [InlineData("Fly__Image is not set.", "Fly:ApiToken=x")]
    [InlineData("Cloudflare__ZoneId is not set.", "Cloudflare:ApiToken=x")]
    [InlineData("Hostinger__BaseUrl must start with https://.", "Hostinger:ApiKey=x", "Hostinger:BaseUrl=http://127.0.0.1:5")]
    [InlineData("Cloudflare__ZoneId must be the id", "Cloudflare:ApiToken=x", "Cloudflare:ZoneId=../../x")]
    public void Half_of_a_vendors_settings_stop_the_start_and_are_named(string message, params string[] settings)
    {
        using var services = Build("Production", settings);

        var no = Assert.Throws<OptionsValidationException>(services.GetRequiredService<IStartupValidator>().Validate);

        Assert.Contains(message, no.Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Names(ServiceProvider services) =>
        services.GetServices<IServerProvider>().Select(provider => provider.Name).Where(name => name is not ("local" or "container" or "byo")).Order();

    private static ServiceProvider Build(string environment, params string[] settings)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = environment, DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => setting.Split('=', 2)).Select(pair => new KeyValuePair<string, string?>(pair[0], pair[1])));
        builder.Services.AddLogging();
        builder.Services.AddSingleton(builder.Environment);
        builder.Services.AddOptions<SpoqOptions>().Configure(spoq => (spoq.BaseUrl, spoq.InstanceDomain, spoq.DataDirectory) = (new Uri("https://spoq.example"), "spoq.example", "/nowhere"));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddDbContextFactory<SpoqDbContext>();
        builder.Services.AddSingleton(new SecretBox(new Dictionary<string, byte[]> { ["key"] = new byte[32] }, "key"));
        builder.Services.AddProvisioning(builder.Configuration, builder.Environment);
        return builder.Services.BuildServiceProvider();
    }
}
