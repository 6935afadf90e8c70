using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Instances.Setup;

namespace Spoq.Infrastructure.Instances.Setup;

internal sealed class RegionOfferTable : IEntityTypeConfiguration<RegionOffer>
{
    public void Configure(EntityTypeBuilder<RegionOffer> builder)
    {
        builder.ToTable("region_offers");
        builder.HasKey(offer => new { offer.Provider, offer.Size });
        builder.Property(offer => offer.Provider).HasMaxLength(32);
        builder.Property(offer => offer.Size).HasMaxLength(32);
    }
}
