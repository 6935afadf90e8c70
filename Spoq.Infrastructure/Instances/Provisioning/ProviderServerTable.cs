using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers;

namespace Spoq.Infrastructure.Instances.Provisioning;

internal sealed class ProviderServerTable : IEntityTypeConfiguration<ProviderServer>
{
    public void Configure(EntityTypeBuilder<ProviderServer> builder)
    {
        builder.ToTable("provider_servers");
        builder.Property(line => line.Id).ValueGeneratedNever();
        builder.HasOne<Instance>().WithMany().HasForeignKey(line => line.InstanceId).OnDelete(DeleteBehavior.Restrict);

        // One open order a mark, which is the instance's id but for moves: the database itself refuses the second purchase.
        builder.HasIndex(line => line.Mark).IsUnique().HasFilter("removed_at is null");
        builder.HasIndex(line => new { line.Provider, line.Reference }).IsUnique().HasFilter("reference is not null and removed_at is null");
    }
}
