using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Access;

internal sealed class AuthorizationCodeTable : IEntityTypeConfiguration<AuthorizationCode>
{
    public void Configure(EntityTypeBuilder<AuthorizationCode> builder)
    {
        builder.ToTable("authorization_codes");
        builder.HasKey(code => code.CodeHash);
        builder.HasOne<User>().WithMany().HasForeignKey(code => code.AccountId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(code => code.CreatedAt);
    }
}
