using System.Text.Json;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Migrations.Design;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql.EntityFrameworkCore.PostgreSQL.Design.Internal;
using Spoq.Infrastructure.Data;

if (args is not [var name, var folder])
{
    Console.Error.WriteLine("usage: Spoq.Migrations NAME FOLDER   (scripts/migration calls it)");
    return 2;
}

// The passkey tables come with schema version 3, which EF reads from the application's Identity options.
var application = new ServiceCollection()
    .AddSingleton(Options.Create(new IdentityOptions { Stores = { SchemaVersion = IdentitySchemaVersions.Version3 } }))
    .BuildServiceProvider();
var options = new DbContextOptionsBuilder<SpoqDbContext>()
    .UseNpgsql("Host=unused")
    .UseApplicationServiceProvider(application)
    .Options;
using var db = new SpoqDbContext(options);

var design = new ServiceCollection()
    .AddEntityFrameworkDesignTimeServices()
    .AddDbContextDesignTimeServices(db);
new NpgsqlDesignTimeServices().ConfigureDesignTimeServices(design);
using var services = design.BuildServiceProvider();
var scaffolder = services.GetRequiredService<IMigrationsScaffolder>();
var migration = scaffolder.ScaffoldMigration(name, "Spoq.Infrastructure", "Data.Migrations");
var files = scaffolder.Save(Path.GetFullPath(folder), migration, Path.Combine(Path.GetFullPath(folder), "Data", "Migrations"), dryRun: false);
Console.WriteLine(JsonSerializer.Serialize(new { files.MigrationFile, files.SnapshotFile }));
return 0;
