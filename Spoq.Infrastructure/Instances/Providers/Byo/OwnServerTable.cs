using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Providers.Byo;

namespace Spoq.Infrastructure.Instances.Providers.Byo;

internal sealed class OwnServerTable : IEntityTypeConfiguration<OwnServer>
{
    public void Configure(EntityTypeBuilder<OwnServer> builder)
    {
        builder.ToTable("own_servers");
        builder.Property(server => server.Id).ValueGeneratedNever();
        builder.Property(server => server.Address).HasMaxLength(45);
        builder.Property(server => server.System).HasMaxLength(OwnServer.LongestSystem);
        builder.Property(server => server.HostKeyFingerprint).HasMaxLength(OwnServer.LongestFingerprint);
        builder.HasOne<Instance>().WithOne().HasForeignKey<OwnServer>(server => server.Id).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(server => server.CommandHash).IsUnique();
        builder.HasIndex(server => server.DetachedAt).HasFilter("detached_at is null");
    }
}
