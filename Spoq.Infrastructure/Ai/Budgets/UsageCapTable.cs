using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Ai.Usage;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Ai.Budgets;

internal sealed class UsageCapTable : IEntityTypeConfiguration<UsageCap>
{
    public void Configure(EntityTypeBuilder<UsageCap> builder)
    {
        builder.ToTable("usage_caps", table => table.HasCheckConstraint("ck_usage_caps_monthly_cap", "monthly_cap >= 0"));
        builder.HasKey(row => row.AccountId);
        builder.Property(row => row.AccountId).ValueGeneratedNever();
        builder.HasOne<User>().WithMany().HasForeignKey(row => row.AccountId).OnDelete(DeleteBehavior.Cascade);
    }
}

internal sealed class UsageHoldTable : IEntityTypeConfiguration<UsageHold>
{
    public void Configure(EntityTypeBuilder<UsageHold> builder)
    {
        builder.ToTable("usage_reservations");
        builder.HasKey(row => new { row.AccountId, row.NodeId, row.ApiKeyId });
    }
}

internal sealed class UsageAlertTable : IEntityTypeConfiguration<UsageAlert>
{
    public void Configure(EntityTypeBuilder<UsageAlert> builder)
    {
        builder.ToTable("usage_alerts");
        builder.HasKey(row => new { row.AccountId, row.Month, row.Allowance, row.Percent });
        builder.Property(row => row.Allowance).HasMaxLength(16);
        builder.HasOne<User>().WithMany().HasForeignKey(row => row.AccountId).OnDelete(DeleteBehavior.Cascade);
    }
}
