using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Billing;

internal sealed class SubscriptionTable : IEntityTypeConfiguration<Subscription>
{
    public void Configure(EntityTypeBuilder<Subscription> builder)
    {
        builder.ToTable("subscriptions");
        builder.Property(subscription => subscription.Id).ValueGeneratedNever();
        builder.Property(subscription => subscription.Plan).HasMaxLength(32);
        builder.Property(subscription => subscription.Version).IsRowVersion();
        builder.HasOne<User>().WithMany().HasForeignKey(subscription => subscription.AccountId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Instance>().WithMany().HasForeignKey(subscription => subscription.InstanceId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<CheckoutIntent>().WithMany().HasForeignKey(subscription => subscription.CheckoutIntentId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(subscription => subscription.CheckoutIntentId).IsUnique();
        builder.HasIndex(subscription => subscription.InstanceId).IsUnique().HasFilter("terminated_at is null").HasDatabaseName("ux_subscriptions_live");
        builder.HasIndex(subscription => subscription.Reference).IsUnique().HasFilter("reference is not null");
        builder.HasIndex(subscription => subscription.AccountId);
    }
}
