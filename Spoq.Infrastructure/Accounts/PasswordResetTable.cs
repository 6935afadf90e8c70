using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Accounts;

namespace Spoq.Infrastructure.Accounts;

internal sealed class PasswordResetTable : IEntityTypeConfiguration<PasswordReset>
{
    public void Configure(EntityTypeBuilder<PasswordReset> builder)
    {
        builder.ToTable("password_resets");
        builder.Property(reset => reset.Id).ValueGeneratedNever();
        builder.HasIndex(reset => reset.LinkHash).IsUnique();
        builder.HasOne<User>().WithMany().HasForeignKey(reset => reset.AccountId).OnDelete(DeleteBehavior.Cascade);
    }
}
