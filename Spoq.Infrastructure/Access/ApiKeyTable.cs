using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Access;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Access;

internal sealed class ApiKeyTable : IEntityTypeConfiguration<ApiKey>
{
    public void Configure(EntityTypeBuilder<ApiKey> builder)
    {
        builder.ToTable("api_keys");
        builder.Property(key => key.Id).ValueGeneratedNever();
        builder.Property(key => key.Name).HasMaxLength(ApiKey.MaxName);
        builder.Property(key => key.Shown).HasMaxLength(ApiKeyText.Shown);
        builder.Ignore(key => key.Scopes);
        builder.HasOne<User>().WithMany().HasForeignKey(key => key.AccountId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(key => key.SecretHash).IsUnique();
        builder.HasIndex(key => key.PreviousHash).IsUnique();
        builder.HasIndex(key => new { key.AccountId, key.Id });
    }
}
