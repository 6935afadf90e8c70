using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Spoq.Infrastructure.Data;

/// <summary>Where PostgreSQL is.</summary>
public sealed record DatabaseAddress(string ConnectionString)
{
    /// <summary>From <c>ConnectionStrings__Spoq</c>, else <c>DATABASE_URL</c>; null: neither is set.</summary>
    /// <exception cref="InvalidOperationException">DATABASE_URL is not a postgres:// URL, or asks for an sslmode that there is not.</exception>
    public static DatabaseAddress? From(IConfiguration configuration)
    {
        if (configuration.GetConnectionString("Spoq") is { Length: > 0 } own)
        {
            return new DatabaseAddress(own);
        }

        return configuration["DATABASE_URL"] is { Length: > 0 } url ? new DatabaseAddress(FromUrl(url)) : null;
    }

    private static string FromUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("postgres" or "postgresql"))
        {
            throw new InvalidOperationException("DATABASE_URL must look like postgres://user:password@host:5432/database.");
        }

        var user = url.UserInfo.Split(':', 2);
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = url.Host,
            Port = url.Port > 0 ? url.Port : 5432,
            Database = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/')),
            Username = Uri.UnescapeDataString(user[0]),
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : null,
        };
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            if (parts is ["sslmode", var mode])
            {
                settings.SslMode = Enum.TryParse<SslMode>(mode.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out var known)
                    ? known
                    : throw new InvalidOperationException($"DATABASE_URL asks for sslmode={mode}: use disable, allow, prefer, require, verify-ca or verify-full.");
            }
        }

        return settings.ConnectionString;
    }
}
