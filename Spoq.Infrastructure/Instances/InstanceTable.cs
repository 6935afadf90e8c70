using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Instances;

internal sealed class InstanceTable : IEntityTypeConfiguration<Instance>, IEntityTypeConfiguration<InstanceEvent>
{
    public void Configure(EntityTypeBuilder<Instance> builder)
    {
        builder.ToTable("instances");
        builder.Property(instance => instance.Id).ValueGeneratedNever();
        builder.Property(instance => instance.Version).IsRowVersion();
        builder.HasOne<User>().WithMany().HasForeignKey(instance => instance.AccountId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(instance => instance.AccountId);
        builder.HasIndex(instance => instance.DueAt).HasFilter("due_at is not null");

        // One live instance an address: a server is never reached under a name that two rows hold.
        builder.HasIndex(instance => instance.Hostname).IsUnique().HasFilter("state not in ('draft', 'cancelled', 'deleted')");

        // A server is one instance's; a rental that outlives its own may be the next one's.
        builder.HasIndex(instance => new { instance.Provider, instance.ServerReference }).IsUnique().HasFilter("server_reference is not null and state not in ('deleting', 'deleted', 'cancelling', 'cancelled')");
    }

    public void Configure(EntityTypeBuilder<InstanceEvent> builder)
    {
        builder.ToTable("instance_events");
        builder.Property(line => line.Id).UseIdentityAlwaysColumn();
        builder.HasOne<Instance>().WithMany().HasForeignKey(line => line.InstanceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(line => new { line.InstanceId, line.Id });
    }
}
