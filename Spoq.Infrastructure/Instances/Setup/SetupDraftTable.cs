using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Devices;
using Spoq.Core.Instances;
using Spoq.Core.Instances.Setup;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Instances.Setup;

internal sealed class SetupDraftTable : IEntityTypeConfiguration<SetupDraft>
{
    public void Configure(EntityTypeBuilder<SetupDraft> builder)
    {
        builder.ToTable("setup_drafts");
        builder.Property(draft => draft.Id).ValueGeneratedNever();
        builder.Property(draft => draft.Address).HasMaxLength(Address.MaxLength);
        builder.Property(draft => draft.Version).IsRowVersion();
        builder.HasOne<User>().WithMany().HasForeignKey(draft => draft.AccountId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Profile>().WithMany().HasForeignKey(draft => draft.ProfileId).OnDelete(DeleteBehavior.SetNull);
        builder.HasOne<Instance>().WithMany().HasForeignKey(draft => draft.InstanceId).OnDelete(DeleteBehavior.SetNull);

        // Two tabs that both start make one draft.
        builder.HasIndex(draft => draft.AccountId).IsUnique().HasFilter("closed_at is null");
    }
}
