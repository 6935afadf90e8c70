using Microsoft.Extensions.DependencyInjection;

namespace Spoq.Infrastructure.Instances.Setup;

internal static class SetupWiring
{
    public static void AddSetup(this IServiceCollection services)
    {
        services.AddSingleton<RegionNames>();
        services.AddSingleton<AddressClaims>();
        services.AddSingleton<OfferShelf>();
        services.AddSingleton<SetupOffers>();
        services.AddSingleton<SetupService>();
        services.AddSingleton<SetupOrders>();
    }
}
