using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Spoq.Infrastructure.Billing.Stripe;

internal sealed class StripeInboxEventTable : IEntityTypeConfiguration<StripeInboxEvent>
{
    public void Configure(EntityTypeBuilder<StripeInboxEvent> builder)
    {
        builder.ToTable(StripeInboxEvent.Table);
        builder.Property(message => message.Id).ValueGeneratedNever();
        builder.Property(message => message.EventId).HasMaxLength(StripeEvent.LongestText);
        builder.Property(message => message.Type).HasMaxLength(StripeEvent.LongestText);
        builder.HasIndex(message => message.EventId).IsUnique();
        builder.HasIndex(message => message.DueAt).HasFilter("due_at is not null");
    }
}
