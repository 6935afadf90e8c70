using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Devices;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Devices;

internal sealed class ProfileTable : IEntityTypeConfiguration<Profile>
{
    public void Configure(EntityTypeBuilder<Profile> builder)
    {
        builder.ToTable("profiles", table => table.HasCheckConstraint("ck_profiles_slot", $"slot between 1 and {Profile.MaxPerAccount}"));
        builder.Property(profile => profile.Id).ValueGeneratedNever();
        builder.Property(profile => profile.Username).HasMaxLength(32);
        builder.HasOne<User>().WithMany().HasForeignKey(profile => profile.AccountId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(profile => new { profile.AccountId, profile.Slot }).IsUnique();
        builder.HasIndex(profile => new { profile.AccountId, profile.Username }).IsUnique();
    }
}
