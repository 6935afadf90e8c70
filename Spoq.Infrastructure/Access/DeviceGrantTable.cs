using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Access;

internal sealed class DeviceGrantTable : IEntityTypeConfiguration<DeviceGrant>
{
    public void Configure(EntityTypeBuilder<DeviceGrant> builder)
    {
        builder.ToTable("device_grants");
        builder.Property(grant => grant.Id).ValueGeneratedNever();
        builder.Property(grant => grant.Machine).HasMaxLength(DeviceAsker.MaxMachine);
        builder.Ignore(grant => grant.Called);
        builder.HasOne<User>().WithMany().HasForeignKey(grant => grant.AccountId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(grant => grant.CodeHash).IsUnique();
        builder.HasIndex(grant => grant.UserCode).IsUnique();
        builder.HasIndex(grant => grant.CreatedAt);
    }
}
