using System.Buffers.Binary;
using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Spoq.Core.Access;
using Spoq.Core.Ops;

namespace Spoq.Web.Shell;

/// <summary>One page of a list.</summary>
/// <param name="NextCursor">Send it as <c>cursor</c> to get the next page; null: this was the last.</param>
internal sealed record Page<T>(IReadOnlyList<T> Data, string? NextCursor);

/// <summary>The operation takes <c>cursor</c> and <c>limit</c>; the document says so.</summary>
internal sealed record PagedMetadata;

/// <summary>
/// Where in a list the caller is. A cursor is the position of the last row that was given, so rows that come and go
/// meanwhile are neither skipped nor doubled; it holds no right of its own.
/// </summary>
internal readonly record struct PageQuery(Cursor? After, int Limit) : IEndpointParameterMetadataProvider
{
    public const int MaxLimit = 100;
    public const int DefaultLimit = 20;

    /// <exception cref="BadFieldException">400: one of the two is not what we gave out or allow.</exception>
    public static ValueTask<PageQuery> BindAsync(HttpContext context)
    {
        var query = context.Request.Query;
        return ValueTask.FromResult(new PageQuery(ReadCursor(query["cursor"]), ReadLimit(query["limit"])));
    }

    public static void PopulateMetadata(ParameterInfo parameter, EndpointBuilder builder) => builder.Metadata.Add(new PagedMetadata());

    /// <param name="rows">One more than the limit, where there are that many: it proves that there is a next page.</param>
    /// <param name="position">The cursor that points behind a row.</param>
    /// <param name="show">How a row is answered.</param>
    public Page<TShown> Cut<TRow, TShown>(IReadOnlyList<TRow> rows, Func<TRow, Cursor> position, Func<TRow, TShown> show)
    {
        var shown = rows.Take(Limit).ToList();
        return new Page<TShown>([.. shown.Select(show)], rows.Count > Limit ? position(shown[^1]).ToString() : null);
    }

    private static Cursor? ReadCursor(string? text) =>
        string.IsNullOrEmpty(text) ? null : Cursor.Read(text)
            ?? throw new BadFieldException("cursor", ApiRefusals.BadCursor, "This cursor is not one that was given out. Leave it away to start from the beginning.");

    private static int ReadLimit(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return DefaultLimit;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxLimit
            ? limit
            : throw new BadFieldException("limit", ApiRefusals.BadLimit, $"A limit is a number from 1 to {MaxLimit}.");
    }
}

/// <summary>The position behind one row, by its id.</summary>
internal readonly record struct Cursor
{
    private const byte ById = 1;
    private const byte ByNumber = 2;

    private Cursor(byte kind, Guid id, long number) => (Kind, Id, Number) = (kind, id, number);

    public Guid Id { get; }

    public long Number { get; }

    private byte Kind { get; }

    public static Cursor Of(Guid id) => new(ById, id, 0);

    public static Cursor Of(long number) => new(ByNumber, Guid.Empty, number);

    public static Cursor? Read(string text)
    {
        const int LongestText = 24;
        return text.Length <= LongestText && StrictBase64Url.TryDecode(text, out var bytes) ? bytes switch
        {
            [ById, .. { Length: 16 } id] => Of(new Guid(id, bigEndian: true)),
            [ByNumber, .. { Length: 8 } number] when BinaryPrimitives.ReadInt64BigEndian(number) is >= 0 and var at => Of(at),
            _ => null,
        } : null;
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[17];
        bytes[0] = Kind;
        if (Kind == ById)
        {
            Id.TryWriteBytes(bytes[1..], bigEndian: true, out _);
            return StrictBase64Url.Encode(bytes);
        }

        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], Number);
        return StrictBase64Url.Encode(bytes[..9]);
    }
}
