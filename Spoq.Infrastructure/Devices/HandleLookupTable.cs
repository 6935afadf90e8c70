using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Devices;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Devices;

internal sealed class HandleLookupTable : IEntityTypeConfiguration<HandleLookup>
{
    public void Configure(EntityTypeBuilder<HandleLookup> builder)
    {
        builder.ToTable("handle_lookups");
        builder.HasKey(lookup => new { lookup.AccountId, lookup.Handle });
        builder.Property(lookup => lookup.Handle).HasMaxLength(Handle.MaxLength);
        builder.HasOne<User>().WithMany().HasForeignKey(lookup => lookup.AccountId).OnDelete(DeleteBehavior.Cascade);
    }
}
