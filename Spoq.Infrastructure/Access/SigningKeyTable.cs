using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Access;

namespace Spoq.Infrastructure.Access;

internal sealed class SigningKeyTable : IEntityTypeConfiguration<SigningKey>
{
    public void Configure(EntityTypeBuilder<SigningKey> builder)
    {
        builder.ToTable("signing_keys");
        builder.HasKey(key => key.Kid);
        builder.Property(key => key.Kid).HasMaxLength(64);
    }
}
