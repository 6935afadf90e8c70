using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Instances.Sweep;

namespace Spoq.Infrastructure.Instances.Sweep;

/// <summary>No key to instances: what an orphan names may be no row of ours.</summary>
internal sealed class OrphanTable : IEntityTypeConfiguration<Orphan>
{
    public void Configure(EntityTypeBuilder<Orphan> builder)
    {
        builder.ToTable("orphans");
        builder.Property(orphan => orphan.Id).ValueGeneratedNever();
        builder.Property(orphan => orphan.Provider).HasMaxLength(32);
        builder.Property(orphan => orphan.Reference).HasMaxLength(200);
        builder.Property(orphan => orphan.Mark).HasMaxLength(300);
        builder.HasIndex(orphan => new { orphan.Provider, orphan.Reference }).IsUnique().HasFilter("resolved_at is null");
    }
}
