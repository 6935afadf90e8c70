using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Spoq.Infrastructure.Ops.Mail;

internal sealed class LocalMailTable : IEntityTypeConfiguration<LocalMail>
{
    public void Configure(EntityTypeBuilder<LocalMail> builder)
    {
        builder.ToTable("local_mail");
        builder.Property(mail => mail.Id).ValueGeneratedNever();
        builder.HasIndex(mail => mail.SentAt);
    }
}
