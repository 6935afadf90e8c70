using Microsoft.Extensions.DependencyInjection;

namespace Spoq.Infrastructure.Admin;

public static class AdminSetup
{
    public static IServiceCollection AddAdmin(this IServiceCollection services)
    {
        services.AddSingleton<AdminReports>();
        services.AddSingleton<AdminActions>();
        return services;
    }
}
