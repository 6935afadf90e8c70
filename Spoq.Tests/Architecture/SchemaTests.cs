using Microsoft.EntityFrameworkCore;
using Spoq.Tests.Support;

namespace Spoq.Tests.Architecture;

public sealed class SchemaTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Fact]
    public async Task The_migrations_say_what_the_model_says()
    {
        await using var db = fixture.NewContext();

        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public async Task Every_name_in_the_schema_is_snake_case()
    {
        await using var db = fixture.NewContext();
        var names = await db.Database.SqlQuery<string>($"""
            select table_name || '.' || column_name as "Value" from information_schema.columns
            where table_schema = 'public' and table_name <> '__EFMigrationsHistory'
            """).ToListAsync();

        Assert.NotEmpty(names);
        Assert.Empty(names.Where(name => name.Any(char.IsUpper)));
    }

    [Fact]
    public async Task Every_moment_is_stored_with_its_zone()
    {
        await using var db = fixture.NewContext();
        var found = await db.Database.SqlQuery<string>($"""
            select table_name || '.' || column_name as "Value" from information_schema.columns
            where table_schema = 'public' and data_type = 'timestamp without time zone'
            """).ToListAsync();

        Assert.Empty(found);
    }
}
