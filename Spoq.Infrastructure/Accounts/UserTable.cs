using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Spoq.Infrastructure.Accounts;

internal sealed class UserTable : IEntityTypeConfiguration<User>,
    IEntityTypeConfiguration<IdentityRole<Guid>>,
    IEntityTypeConfiguration<IdentityUserRole<Guid>>,
    IEntityTypeConfiguration<IdentityUserClaim<Guid>>,
    IEntityTypeConfiguration<IdentityUserLogin<Guid>>,
    IEntityTypeConfiguration<IdentityUserToken<Guid>>,
    IEntityTypeConfiguration<IdentityRoleClaim<Guid>>,
    IEntityTypeConfiguration<IdentityUserPasskey<Guid>>
{
    public static readonly Guid AdminRoleId = new("01990000-0000-7000-8000-000000000001");

    public void Configure(EntityTypeBuilder<User> builder)
    {
        builder.ToTable("users");
        builder.Property(user => user.DisplayName).HasMaxLength(100);
        builder.HasIndex(user => user.NormalizedEmail).HasDatabaseName("ux_users_normalized_email").IsUnique();
        builder.HasIndex(user => user.NormalizedUserName).HasDatabaseName("ux_users_normalized_user_name").IsUnique();
    }

    public void Configure(EntityTypeBuilder<IdentityRole<Guid>> builder)
    {
        builder.ToTable("roles");
        builder.HasIndex(role => role.NormalizedName).HasDatabaseName("ux_roles_normalized_name").IsUnique();
        builder.HasData(new IdentityRole<Guid>
        {
            Id = AdminRoleId,
            Name = User.AdminRole,
            NormalizedName = User.AdminRole.ToUpperInvariant(),
            ConcurrencyStamp = AdminRoleId.ToString(),
        });
    }

    public void Configure(EntityTypeBuilder<IdentityUserRole<Guid>> builder) => builder.ToTable("user_roles");

    public void Configure(EntityTypeBuilder<IdentityUserClaim<Guid>> builder) => builder.ToTable("user_claims");

    public void Configure(EntityTypeBuilder<IdentityUserLogin<Guid>> builder)
    {
        builder.ToTable("external_logins");
        builder.Property<DateTimeOffset>(ExternalLoginService.LinkedAt);
    }

    public void Configure(EntityTypeBuilder<IdentityUserToken<Guid>> builder) => builder.ToTable("user_tokens");

    public void Configure(EntityTypeBuilder<IdentityRoleClaim<Guid>> builder) => builder.ToTable("role_claims");

    public void Configure(EntityTypeBuilder<IdentityUserPasskey<Guid>> builder)
    {
        builder.ToTable("passkeys");
        builder.Property<DateTimeOffset?>(PasskeyService.LastUsedAt);
        builder.OwnsOne(passkey => passkey.Data, data => data.ToJson("data"));
    }
}
