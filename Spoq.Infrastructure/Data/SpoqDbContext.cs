using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Devices;
using Spoq.Core.Instances;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Infrastructure.Data;

public sealed class SpoqDbContext(DbContextOptions<SpoqDbContext> options) : IdentityDbContext<User, IdentityRole<Guid>, Guid>(options)
{
    public DbSet<Profile> Profiles => Set<Profile>();

    public DbSet<Device> Devices => Set<Device>();

    public DbSet<DeviceKey> DeviceKeys => Set<DeviceKey>();

    public DbSet<HandleLookup> HandleLookups => Set<HandleLookup>();

    public DbSet<Instance> Instances => Set<Instance>();

    public DbSet<InstanceEvent> InstanceEvents => Set<InstanceEvent>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Conventions.Add(_ => new SnakeCaseConvention());
        configurationBuilder.Conventions.Add(_ => new TextEnumConvention());
    }

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.ApplyConfigurationsFromAssembly(typeof(SpoqDbContext).Assembly);
    }
}
