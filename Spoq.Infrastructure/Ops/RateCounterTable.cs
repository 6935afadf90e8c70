using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Spoq.Infrastructure.Ops;

internal sealed class RateCounterTable : IEntityTypeConfiguration<RateCounter>
{
    public void Configure(EntityTypeBuilder<RateCounter> builder)
    {
        builder.ToTable("rate_counters");
        builder.HasKey(counter => counter.Key);

        // Written at every request and worth nothing a minute later: it need not survive a crash of the database, nor wait for the disk.
        builder.IsUnlogged();
        builder.HasIndex(counter => counter.FullAt);
    }
}
