using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Spoq.Core.Devices;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Devices;

internal sealed class DeviceTable : IEntityTypeConfiguration<Device>, IEntityTypeConfiguration<DeviceKey>
{
    public void Configure(EntityTypeBuilder<Device> builder)
    {
        builder.ToTable("devices", table => table.HasCheckConstraint("ck_devices_slot", $"slot between 1 and {Device.MaxPerProfile}"));
        builder.Property(device => device.Id).ValueGeneratedNever();
        builder.Property(device => device.Name).HasMaxLength(64);
        builder.Property(device => device.Handle).HasMaxLength(64);
        builder.HasOne<User>().WithMany().HasForeignKey(device => device.AccountId).OnDelete(DeleteBehavior.Cascade);
        builder.HasOne<Profile>().WithMany().HasForeignKey(device => device.ProfileId).OnDelete(DeleteBehavior.Cascade);
        builder.HasMany(device => device.Keys).WithOne().HasForeignKey(key => key.DeviceId).OnDelete(DeleteBehavior.Cascade);
        builder.HasIndex(device => new { device.ProfileId, device.Slot }).IsUnique();
        builder.HasIndex(device => device.AccountId);
    }

    public void Configure(EntityTypeBuilder<DeviceKey> builder)
    {
        builder.ToTable("device_keys");
        builder.Property(key => key.Id).ValueGeneratedNever();
        builder.HasIndex(key => new { key.AccountId, key.Fingerprint }).IsUnique();
    }
}
