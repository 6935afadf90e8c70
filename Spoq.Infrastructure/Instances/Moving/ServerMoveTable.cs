using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Moving;

namespace Spoq.Infrastructure.Instances.Moving;

internal sealed class ServerMoveTable : IEntityTypeConfiguration<ServerMove>
{
    public void Configure(EntityTypeBuilder<ServerMove> builder)
    {
        builder.ToTable("server_moves");
        builder.Property(move => move.Id).ValueGeneratedNever();
        builder.Property(move => move.FromAddress).HasMaxLength(64);
        builder.Property(move => move.PublicKey).HasMaxLength(400);
        builder.Property(move => move.OtherReference).HasMaxLength(200);
        builder.Property(move => move.OtherVersion).HasMaxLength(64);
        builder.Property(move => move.Progress).HasMaxLength(ServerMove.LongestText);
        builder.HasOne<Instance>().WithMany().HasForeignKey(move => move.InstanceId).OnDelete(DeleteBehavior.Restrict);

        // Two servers at most: the database itself refuses a second move beside the first.
        builder.HasIndex(move => move.InstanceId).IsUnique().HasFilter("ended_at is null").HasDatabaseName("ux_server_moves_open");
    }
}
