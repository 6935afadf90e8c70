using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Billing;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Billing;

internal sealed class SubscriptionTable : IEntityTypeConfiguration<Subscription>
{
    public const string Name = "subscriptions";

    public void Configure(EntityTypeBuilder<Subscription> builder)
    {
        builder.ToTable(Name);
        builder.Property(subscription => subscription.Id).ValueGeneratedNever();
        builder.Property(subscription => subscription.Plan).HasMaxLength(32);
        builder.Property(subscription => subscription.PlanTold).HasMaxLength(32);
        builder.Property(subscription => subscription.HeldReason).HasMaxLength(500);
        builder.Property(subscription => subscription.Version).IsRowVersion();
        builder.HasOne<User>().WithMany().HasForeignKey(subscription => subscription.AccountId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Instance>().WithMany().HasForeignKey(subscription => subscription.InstanceId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<CheckoutIntent>().WithMany().HasForeignKey(subscription => subscription.CheckoutIntentId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(subscription => subscription.CheckoutIntentId).IsUnique();
        builder.HasIndex(subscription => subscription.InstanceId).IsUnique().HasFilter("terminated_at is null").HasDatabaseName("ux_subscriptions_live");
        builder.HasIndex(subscription => subscription.Reference).IsUnique().HasFilter("reference is not null");
        builder.HasIndex(subscription => subscription.AccountId);
        builder.HasIndex(subscription => subscription.DueAt).HasFilter("due_at is not null");
    }
}

internal sealed class SubscriptionPaymentTable : IEntityTypeConfiguration<SubscriptionPayment>
{
    public const string Name = "subscription_payments";

    public void Configure(EntityTypeBuilder<SubscriptionPayment> builder)
    {
        builder.ToTable(Name, table => table.HasCheckConstraint("ck_subscription_payments_amount", "amount > 0"));
        builder.Property(payment => payment.Id).ValueGeneratedNever();
        builder.Property(payment => payment.Currency).HasMaxLength(3);
        builder.Property(payment => payment.Version).IsRowVersion();
        builder.HasOne<User>().WithMany().HasForeignKey(payment => payment.AccountId).OnDelete(DeleteBehavior.Restrict);
        builder.HasOne<Subscription>().WithMany().HasForeignKey(payment => payment.SubscriptionId).OnDelete(DeleteBehavior.Restrict);
        builder.HasIndex(payment => payment.DueAt).HasFilter("due_at is not null");

        // Two tabs that resume at once ask for one payment.
        builder.HasIndex(payment => payment.SubscriptionId).IsUnique().HasFilter("state = 'asked'").HasDatabaseName("ux_subscription_payments_asked");
    }
}

internal static class SubscriptionRows
{
    /// <summary>Locked until the caller's transaction ends. Lock the instance first.</summary>
    public static Task<Subscription?> LockSubscriptionAsync(this SpoqDbContext db, Guid id, CancellationToken cancellationToken) =>
        db.Set<Subscription>().FromSql($"select *, xmin from subscriptions where id = {id} for update").SingleOrDefaultAsync(cancellationToken);

    /// <summary>The one in force or on the ladder; null: none, or it is over for good.</summary>
    public static Task<Subscription?> LockLiveSubscriptionAsync(this SpoqDbContext db, Guid instanceId, CancellationToken cancellationToken) =>
        db.Set<Subscription>().FromSql($"select *, xmin from subscriptions where instance_id = {instanceId} and terminated_at is null for update").SingleOrDefaultAsync(cancellationToken);

    /// <summary>The instance is being deleted: nothing is left to pay for.</summary>
    public static async Task CloseSubscriptionAsync(this SpoqDbContext db, Guid instanceId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await db.LockLiveSubscriptionAsync(instanceId, cancellationToken) is { } subscription)
        {
            subscription.Close(SubscriptionEnd.Deleted, now);
            await WakeLadderAsync(db, cancellationToken);
        }
    }

    /// <summary>The instance has the size of another plan: it is paid from now on, and the payment provider is told by whoever looks at the row next.</summary>
    public static async Task ChangePlanAsync(this SpoqDbContext db, Guid instanceId, string plan, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (await db.LockLiveSubscriptionAsync(instanceId, cancellationToken) is { } subscription)
        {
            subscription.ChangePlan(plan, now);
            await WakeLadderAsync(db, cancellationToken);
        }
    }

    public static Task<bool> IsPausedAsync(this SpoqDbContext db, Guid instanceId, CancellationToken cancellationToken) =>
        db.Set<Subscription>().AnyAsync(row => row.InstanceId == instanceId && row.TerminatedAt == null && row.PausedAt != null, cancellationToken);

    public static Task WakeLadderAsync(this SpoqDbContext db, CancellationToken cancellationToken) =>
        Notices.PublishAsync(db, DueWorker.WakeChannel(SubscriptionTable.Name), "", cancellationToken);
}
