using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Spoq.Infrastructure.Billing.Stripe;

/// <summary>No keys to our other tables: a payment provider knows nothing of them.</summary>
internal sealed class PretendCheckoutTable : IEntityTypeConfiguration<PretendCheckout>
{
    public void Configure(EntityTypeBuilder<PretendCheckout> builder)
    {
        builder.ToTable("pretend_checkouts");
        builder.HasKey(session => session.Id);
        builder.Property(session => session.Id).HasMaxLength(64).ValueGeneratedNever();
        builder.HasIndex(session => session.IntentId).IsUnique();
    }
}
