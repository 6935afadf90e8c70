using System.Reflection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Spoq.Infrastructure.Ops;

namespace Spoq.Infrastructure.Data;

public static class DataSetup
{
    /// <exception cref="InvalidOperationException">No database is configured; development calls <see cref="UseDevelopmentDatabaseAsync"/> first.</exception>
    public static IServiceCollection AddData(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        var database = DatabaseAddress.From(configuration)
            ?? throw new InvalidOperationException("Set ConnectionStrings__Spoq or DATABASE_URL to the PostgreSQL database that holds Spoq's data.");
        // The model reads this: passkeys have a table from version 3 on.
        services.Configure<IdentityOptions>(options => options.Stores.SchemaVersion = IdentitySchemaVersions.Version3);
        services.AddSingleton(database);
        services.AddSingleton(_ => NpgsqlDataSource.Create(database.ConnectionString));
        services.AddDbContextFactory<SpoqDbContext>((provider, options) => options.UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>()));
        return services;
    }

    /// <summary>With no database configured, development runs on a private cluster in the data directory.</summary>
    public static async Task UseDevelopmentDatabaseAsync(this IHostApplicationBuilder builder, CancellationToken cancellationToken)
    {
        if (builder.Environment.IsProduction() || DatabaseAddress.From(builder.Configuration) is not null)
        {
            return;
        }

        builder.Services.AddPretendNeighbour(builder.Environment, "database", "a private PostgreSQL in the data directory", "ConnectionStrings__Spoq");
        var cluster = new PrivateCluster(Path.Combine(builder.Configuration["Spoq:DataDirectory"]!, "postgres"));
        builder.Configuration["ConnectionStrings:Spoq"] = await cluster.EnsureStartedAsync("spoq", cancellationToken);
        if (builder.Configuration.GetValue<bool>("Local:StopOnExit"))
        {
            builder.Services.AddSingleton(cluster);
            builder.Services.AddHostedService<PrivateClusterStop>();
        }
    }

    /// <summary>Brings the schema up to this version; several processes may call it at once.</summary>
    public static async Task MigrateAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        if (await IsUpToDateAsync(services.GetRequiredService<NpgsqlDataSource>(), cancellationToken))
        {
            return;
        }

        // EF takes a lock of its own while it migrates, so two nodes that start together do not collide.
        var contexts = services.GetRequiredService<IDbContextFactory<SpoqDbContext>>();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Database.MigrateAsync(cancellationToken);
    }

    /// <summary>What EF would find out itself, without the half second of start-up that building its models costs.</summary>
    private static async Task<bool> IsUpToDateAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var newest = typeof(SpoqDbContext).Assembly.GetTypes().Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id).Max(StringComparer.Ordinal);
        await using var look = database.CreateCommand("select exists (select from \"__EFMigrationsHistory\" where \"MigrationId\" = $1)");
        look.Parameters.Add(new NpgsqlParameter { Value = newest });
        try
        {
            return await look.ExecuteScalarAsync(cancellationToken) is true;
        }
        catch (PostgresException missing) when (missing.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return false;
        }
    }
}
