using Spoq.Web.Shell;

namespace Spoq.Tests.Shell;

public sealed class CursorTests
{
    [Fact]
    public void A_cursor_comes_back_as_it_was_given()
    {
        var id = Guid.CreateVersion7();

        Assert.Equal(id, Cursor.Read(Cursor.Of(id).ToString())!.Value.Id);
        Assert.Equal(long.MaxValue, Cursor.Read(Cursor.Of(long.MaxValue).ToString())!.Value.Number);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("AQ")]
    [InlineData("AgAAAAAAAAABAA")]
    [InlineData("Av__________")]
    [InlineData("../../etc/passwd")]
    [InlineData("Q'; drop table users; --")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_was_never_given_out_is_no_cursor(string text) => Assert.Null(Cursor.Read(text));

    [Fact]
    public void The_last_page_has_no_cursor()
    {
        var query = new PageQuery(null, 2);

        var full = query.Cut([1L, 2L, 3L], Cursor.Of, number => number);
        var last = query.Cut([3L, 4L], Cursor.Of, number => number);

        Assert.Equal([1L, 2L], full.Data);
        Assert.Equal(2, Cursor.Read(full.NextCursor!)!.Value.Number);
        Assert.Null(last.NextCursor);
    }
}
