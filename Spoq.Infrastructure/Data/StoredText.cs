using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Spoq.Infrastructure.Data;

/// <summary>PostgreSQL keeps no NUL in text: one that came through a form or an address as far as the database was bad input, not a failure.</summary>
public static class StoredText
{
    public static bool IsRefused(Exception exception) => exception switch
    {
        PostgresException refused => refused.SqlState == PostgresErrorCodes.CharacterNotInRepertoire,
        DbUpdateException { InnerException: { } inner } => IsRefused(inner),
        _ => false,
    };
}
