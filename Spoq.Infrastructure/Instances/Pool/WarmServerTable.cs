using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Instances.Pool;

namespace Spoq.Infrastructure.Instances.Pool;

internal sealed class WarmServerTable : IEntityTypeConfiguration<WarmServer>
{
    public void Configure(EntityTypeBuilder<WarmServer> builder)
    {
        builder.ToTable("warm_servers");
        builder.Property(server => server.Id).ValueGeneratedNever();
        builder.Property(server => server.Provider).HasMaxLength(32);
        builder.Property(server => server.Region).HasMaxLength(64);
        builder.Property(server => server.Plan).HasMaxLength(32);
        builder.Property(server => server.Reference).HasMaxLength(200);

        // One rental is one spare, and one instance claims one: the database itself refuses the second.
        builder.HasIndex(server => new { server.Provider, server.Reference }).IsUnique().HasFilter("reference is not null and state in ('spare', 'claimed')");
        builder.HasIndex(server => server.ClaimedBy).IsUnique().HasFilter("state = 'claimed'");
    }
}
