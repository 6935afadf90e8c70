using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Access;

namespace Spoq.Infrastructure.Access;

internal sealed class OAuthClientTable : IEntityTypeConfiguration<OAuthClient>
{
    public void Configure(EntityTypeBuilder<OAuthClient> builder)
    {
        builder.ToTable("oauth_clients");
        builder.Property(client => client.Id).HasMaxLength(64).ValueGeneratedNever();
        builder.Property(client => client.Name).HasMaxLength(ClientRegistration.MaxNameLength);
    }
}
