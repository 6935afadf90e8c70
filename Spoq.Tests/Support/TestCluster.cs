using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Spoq.Infrastructure.Data;

namespace Spoq.Tests.Support;

/// <summary>One PostgreSQL for the whole run; every class gets a database cloned from a migrated template.</summary>
internal static class TestCluster
{
    private static readonly PrivateCluster s_cluster = new(Path.Combine(Repository.Root, ".data", "test-postgres"), durable: false);
    private static readonly Lazy<Task<string>> s_template = new(PrepareAsync);
    private static readonly SemaphoreSlim s_cloning = new(1, 1);
    private static readonly ServiceProvider s_identity = new ServiceCollection()
        .AddSingleton(Options.Create(new IdentityOptions { Stores = { SchemaVersion = IdentitySchemaVersions.Version3 } }))
        .BuildServiceProvider();

    private static int s_count;

    private static string Template => $"template_{Environment.ProcessId}";

    /// <summary>A fresh, migrated database; the caller drops it.</summary>
    public static async Task<string> CreateDatabaseAsync()
    {
        var settings = new NpgsqlConnectionStringBuilder(await s_template.Value);
        var name = $"spoq_{Environment.ProcessId}_{Interlocked.Increment(ref s_count)}";
        await s_cloning.WaitAsync();
        try
        {
            await ExecuteAsync(settings.ConnectionString, $"create database {name} template {Template} strategy file_copy");
        }
        finally
        {
            s_cloning.Release();
        }

        settings.Database = name;
        settings.MaxPoolSize = 40;

        // Of a hundred at once the last wait long for a connection where three tests share two processors.
        settings.Timeout = 60;
        settings.CommandTimeout = 120;
        return settings.ConnectionString;
    }

    /// <summary>A look at the database of a server that runs.</summary>
    public static SpoqDbContext NewContext(string connectionString) =>
        new(new DbContextOptionsBuilder<SpoqDbContext>().UseNpgsql(connectionString).UseApplicationServiceProvider(s_identity).Options);

    public static async Task DropAsync(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        await ExecuteAsync(await s_template.Value, $"drop database if exists {settings.Database} with (force)");
    }

    private static async Task<string> PrepareAsync()
    {
        var admin = await s_cluster.EnsureStartedAsync("admin", CancellationToken.None);
        await StopAfterUsAsync(admin);
        await ExecuteAsync(admin, $"drop database if exists {Template} with (force)");
        await ExecuteAsync(admin, $"create database {Template}");
        var template = new NpgsqlConnectionStringBuilder(admin) { Database = Template, Pooling = false };
        await using var db = NewContext(template.ConnectionString);
        await db.Database.MigrateAsync();
        return admin;
    }

    /// <summary>
    /// Two runs in one working copy share the cluster: whoever ends last stops it, however it ends. A runner leaves a
    /// test process no time to tidy up, so another process waits for its end and does.
    /// </summary>
    private static async Task StopAfterUsAsync(string admin)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(admin) { Pooling = false });
        await using var command = source.CreateCommand("show data_directory");
        Afterwards.Run(
            """exec 9>"$DATA/../users"; flock -s 9; cat >/dev/null; flock -u 9; flock -xn 9 && kill -INT "$(head -n 1 "$DATA/postmaster.pid")" """,
            ("DATA", (string)(await command.ExecuteScalarAsync())!));
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
