using Microsoft.Extensions.DependencyInjection;
using Spoq.Infrastructure.Ops.Chores;

namespace Spoq.Infrastructure.Instances.Sweep;

internal static class OrphanSweepSetup
{
    public static void AddOrphanSweep(this IServiceCollection services)
    {
        services.AddSingleton<OrphanEnds>();
        services.AddSingleton<SweepRepairs>();
        services.AddSingleton<OrphanSweep>();
        services.AddSingleton<IChore>(provider => provider.GetRequiredService<OrphanSweep>());

        // What is resolved is of use for a look back, not for ever.
        services.AddSweep("orphans", "resolved_at < $1 - interval '90 days'");
    }
}
