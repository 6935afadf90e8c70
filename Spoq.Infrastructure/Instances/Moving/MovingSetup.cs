using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Instances.Provisioning;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Instances.Moving;

internal static class MovingSetup
{
    public static void AddMoving(this IServiceCollection services)
    {
        services.AddSingleton(provider => new ServerMoves(
            provider.GetRequiredService<IDbContextFactory<SpoqDbContext>>(), provider.GetRequiredService<SecretBox>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IProvisioningStep, CopyFilesStep>();
        services.AddSingleton<IProvisioningStep, FinishCopyStep>();
        services.AddSingleton<IProvisioningStep, TakeBackServerStep>();
        services.AddSingleton<IProvisioningStep, EndOtherStep>();
    }
}
