using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Instances.Provisioning;

namespace Spoq.Infrastructure.Instances.Provisioning;

internal sealed class CertificateTurnTable : IEntityTypeConfiguration<CertificateTurn>
{
    public const string Name = "certificate_turns";

    public void Configure(EntityTypeBuilder<CertificateTurn> builder)
    {
        builder.ToTable(Name);
        builder.HasKey(turn => turn.InstanceId);
        builder.Property(turn => turn.InstanceId).ValueGeneratedNever();
        builder.HasIndex(turn => turn.TakenAt);
    }
}
