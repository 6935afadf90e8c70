using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Accounts;

namespace Spoq.Infrastructure.Accounts;

internal sealed class TwoFactorTable : IEntityTypeConfiguration<TwoFactor>, IEntityTypeConfiguration<RecoveryCode>, IEntityTypeConfiguration<SecondFactorTicket>
{
    public void Configure(EntityTypeBuilder<TwoFactor> builder)
    {
        builder.ToTable("two_factors");
        builder.HasKey(factor => factor.AccountId);
        builder.Property(factor => factor.AccountId).ValueGeneratedNever();
        builder.HasOne<User>().WithOne().HasForeignKey<TwoFactor>(factor => factor.AccountId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<RecoveryCode> builder)
    {
        builder.ToTable("recovery_codes");
        builder.Property(code => code.Id).ValueGeneratedNever();
        builder.HasIndex(code => new { code.AccountId, code.Hash }).IsUnique();
        builder.HasOne<TwoFactor>().WithMany().HasForeignKey(code => code.AccountId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<SecondFactorTicket> builder)
    {
        builder.ToTable("second_factor_tickets");
        builder.Property(ticket => ticket.Id).ValueGeneratedNever();
        builder.HasIndex(ticket => ticket.Hash).IsUnique();
        builder.HasOne<TwoFactor>().WithMany().HasForeignKey(ticket => ticket.AccountId).OnDelete(DeleteBehavior.Cascade);
    }
}
