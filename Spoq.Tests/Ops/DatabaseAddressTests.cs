using Microsoft.Extensions.Configuration;
using Npgsql;
using Spoq.Infrastructure.Data;

namespace Spoq.Tests.Ops;

public sealed class DatabaseAddressTests
{
    [Fact]
    public void A_url_says_all_that_is_needed_to_connect()
    {
        var settings = new NpgsqlConnectionStringBuilder(Read("postgres://alice:p%40ss@db.internal/spoq?sslmode=verify-full")!.ConnectionString);

        Assert.Equal(("db.internal", 5432, "spoq", "alice", "p@ss", SslMode.VerifyFull), (settings.Host, settings.Port, settings.Database, settings.Username, settings.Password, settings.SslMode));
    }

    [Theory]
    [InlineData("mysql://db/spoq", "DATABASE_URL must look like postgres://")]
    [InlineData("postgres://db/spoq?sslmode=no-verify", "DATABASE_URL asks for sslmode=no-verify: use disable")]
    public void A_url_that_cannot_be_used_says_what_to_write_instead(string url, string message) =>
        Assert.StartsWith(message, Assert.Throws<InvalidOperationException>(() => Read(url)).Message, StringComparison.Ordinal);

    private static DatabaseAddress? Read(string url) =>
        DatabaseAddress.From(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["DATABASE_URL"] = url }).Build());
}
