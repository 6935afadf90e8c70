using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Spoq.Infrastructure.Ops;

internal sealed class OutboxMessageTable : IEntityTypeConfiguration<OutboxMessage>
{
    public void Configure(EntityTypeBuilder<OutboxMessage> builder)
    {
        builder.ToTable(OutboxMessage.Table);
        builder.Property(message => message.Id).ValueGeneratedNever();
        builder.HasIndex(message => message.DueAt).HasFilter("due_at is not null");
    }
}
