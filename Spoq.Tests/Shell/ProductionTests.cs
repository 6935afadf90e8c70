using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Spoq.Infrastructure.Ops;

namespace Spoq.Tests.Shell;

public sealed class ProductionTests
{
    [Fact]
    public void Production_refuses_a_stand_in_and_names_the_variable_to_set()
    {
        var services = new ServiceCollection();

        var refused = Assert.Throws<InvalidOperationException>(() =>
            services.AddPretendNeighbour(new In("Production"), "payments", "A pretend checkout.", "Stripe__SecretKey"));

        Assert.Contains("Stripe__SecretKey", refused.Message, StringComparison.Ordinal);
        Assert.Empty(services);
    }

    [Fact]
    public void Development_lists_its_stand_ins_for_the_banner()
    {
        var services = new ServiceCollection();
        services.AddPretendNeighbour(new In("Development"), "payments", "A pretend checkout.", "Stripe__SecretKey");
        using var provider = services.BuildServiceProvider();

        Assert.Equal("payments", Assert.Single(provider.GetServices<PretendNeighbour>()).Name);
    }

    private sealed class In(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "Spoq.Web";

        public string ContentRootPath { get; set; } = "/";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
