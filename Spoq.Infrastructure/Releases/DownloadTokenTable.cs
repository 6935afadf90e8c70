using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Releases;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Releases;

internal sealed class DownloadTokenTable : IEntityTypeConfiguration<DownloadToken>
{
    public void Configure(EntityTypeBuilder<DownloadToken> builder)
    {
        builder.ToTable("download_tokens");
        builder.Property(token => token.Product).HasMaxLength(32);
        builder.Property(token => token.UsedFor).HasMaxLength(64);
        builder.Ignore(token => token.ExpiresAt);
        builder.HasIndex(token => token.Hash).IsUnique();
        builder.HasIndex(token => new { token.AccountId, token.CreatedAt });
        builder.HasOne<User>().WithMany().HasForeignKey(token => token.AccountId).OnDelete(DeleteBehavior.Cascade);
    }
}
