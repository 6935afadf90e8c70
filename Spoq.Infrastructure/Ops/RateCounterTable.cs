using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Spoq.Infrastructure.Ops;

internal sealed class RateCounterTable : IEntityTypeConfiguration<RateCounter>
{
    public void Configure(EntityTypeBuilder<RateCounter> builder)
    {
        builder.ToTable("rate_counters");
        builder.HasKey(counter => counter.Key);
        builder.HasIndex(counter => counter.FullAt);
    }
}
