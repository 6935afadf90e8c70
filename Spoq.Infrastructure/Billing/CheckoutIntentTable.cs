using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Billing;

internal sealed class CheckoutIntentTable : IEntityTypeConfiguration<CheckoutIntent>
{
    public const string Name = "checkout_intents";

    public void Configure(EntityTypeBuilder<CheckoutIntent> builder)
    {
        builder.ToTable(Name, table => table.HasCheckConstraint("ck_checkout_intents_amount", "amount > 0"));
        builder.Property(intent => intent.Id).ValueGeneratedNever();
        builder.Property(intent => intent.Plan).HasMaxLength(32);
        builder.Property(intent => intent.Currency).HasMaxLength(3);
        builder.Property(intent => intent.Version).IsRowVersion();
        builder.HasOne<User>().WithMany().HasForeignKey(intent => intent.AccountId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Instance>().WithMany().HasForeignKey(intent => intent.InstanceId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(intent => intent.Reference).IsUnique().HasFilter("reference is not null");
        builder.HasIndex(intent => intent.DueAt).HasFilter("due_at is not null");

        // A double click finds the open checkout instead of making another; a second payment cannot be kept.
        builder.HasIndex(intent => new { intent.AccountId, intent.InstanceId }).IsUnique().HasFilter("state = 'open'").HasDatabaseName("ux_checkout_intents_open");
        builder.HasIndex(intent => intent.InstanceId).IsUnique().HasFilter("state = 'paid'").HasDatabaseName("ux_checkout_intents_paid");
    }
}
