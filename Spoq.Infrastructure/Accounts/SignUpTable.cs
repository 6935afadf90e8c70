using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Accounts;

namespace Spoq.Infrastructure.Accounts;

internal sealed class SignUpTable : IEntityTypeConfiguration<SignUp>
{
    public void Configure(EntityTypeBuilder<SignUp> builder)
    {
        builder.ToTable("sign_ups");
        builder.Property(signUp => signUp.Id).ValueGeneratedNever();
        builder.Property(signUp => signUp.Name).HasMaxLength(AccountRefusals.MaxNameLength);
        builder.HasIndex(signUp => signUp.TicketHash).IsUnique();
        builder.HasIndex(signUp => signUp.LinkHash).IsUnique();
        builder.HasIndex(signUp => new { signUp.NormalizedEmail, signUp.CreatedAt });
        builder.HasIndex(signUp => signUp.CreatedAt);
    }
}
