using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Ai.Usage;

namespace Spoq.Infrastructure.Ai.Metering;

/// <summary>Made by <see cref="UsagePartitions"/>: EF knows no partitions.</summary>
internal sealed class UsageEventTable : IEntityTypeConfiguration<UsageEvent>
{
    public void Configure(EntityTypeBuilder<UsageEvent> builder)
    {
        builder.ToTable("usage_events", table => table.ExcludeFromMigrations());
        builder.HasKey(row => new { row.StartedAt, row.RequestId });
    }
}

internal sealed class UsageDayTable : IEntityTypeConfiguration<UsageDay>
{
    public void Configure(EntityTypeBuilder<UsageDay> builder)
    {
        builder.ToTable("usage_daily");
        builder.HasKey(row => new { row.AccountId, row.Day, row.ApiKeyId, row.Model });
    }
}

internal sealed class UsageMonthTable : IEntityTypeConfiguration<UsageMonth>
{
    public void Configure(EntityTypeBuilder<UsageMonth> builder)
    {
        builder.ToTable("usage_monthly");
        builder.HasKey(row => new { row.AccountId, row.Month, row.ApiKeyId, row.Model });
        builder.HasIndex(row => row.UpdatedAt);
    }
}

internal sealed class AiPriceTable : IEntityTypeConfiguration<AiPrice>
{
    public void Configure(EntityTypeBuilder<AiPrice> builder)
    {
        builder.ToTable("ai_prices");
        builder.HasKey(row => new { row.Model, row.Version });
        builder.Property(row => row.Version).ValueGeneratedNever();
    }
}

internal sealed class MeterReportTable : IEntityTypeConfiguration<MeterReport>
{
    public void Configure(EntityTypeBuilder<MeterReport> builder)
    {
        builder.ToTable("meter_reports");
        builder.HasKey(row => new { row.AccountId, row.Day });
        builder.HasIndex(row => row.DueAt).HasFilter("due_at is not null");
    }
}
