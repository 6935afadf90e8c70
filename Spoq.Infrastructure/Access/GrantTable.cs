using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Access;

namespace Spoq.Infrastructure.Access;

internal sealed class GrantTable : IEntityTypeConfiguration<Grant>
{
    public void Configure(EntityTypeBuilder<Grant> builder)
    {
        builder.ToTable("grants");
        builder.Property(grant => grant.Id).ValueGeneratedNever();
        builder.Property(grant => grant.Name).HasMaxLength(Grant.MaxNameLength);

        // No foreign key: the account may still be a sign-up.
        builder.HasIndex(grant => new { grant.AccountId, grant.ClientId });
    }
}
