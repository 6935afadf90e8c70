using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Instances.Setup;

internal sealed class AddressClaimTable : IEntityTypeConfiguration<AddressClaim>
{
    public void Configure(EntityTypeBuilder<AddressClaim> builder)
    {
        // Exactly one of: held by an account, locked in by an instance, resting.
        builder.ToTable("address_claims", table => table.HasCheckConstraint(
            "ck_address_claims_kind",
            "num_nonnulls(held_until, instance_id, free_at) = 1 and (free_at is null) = (account_id is not null)"));
        builder.HasKey(claim => claim.Address);
        builder.Property(claim => claim.Address).HasMaxLength(Address.MaxLength);
        builder.HasOne<User>().WithMany().HasForeignKey(claim => claim.AccountId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Instance>().WithMany().HasForeignKey(claim => claim.InstanceId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(claim => claim.AccountId);
        builder.HasIndex(claim => claim.InstanceId).IsUnique();
    }
}
