using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Instances;

namespace Spoq.Infrastructure.Instances;

internal sealed class InstanceMemberTable : IEntityTypeConfiguration<InstanceMember>
{
    public void Configure(EntityTypeBuilder<InstanceMember> builder)
    {
        builder.ToTable("instance_members");
        builder.Property(member => member.Id).ValueGeneratedNever();
        builder.HasOne<Instance>().WithMany().HasForeignKey(member => member.InstanceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(member => new { member.InstanceId, member.NormalizedEmail }).IsUnique();
        builder.HasIndex(member => member.NormalizedEmail);
    }
}
