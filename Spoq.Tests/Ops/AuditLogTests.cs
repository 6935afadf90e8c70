using Microsoft.EntityFrameworkCore;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Ops;

public sealed class AuditLogTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Theory]
    [InlineData("short", 5)]
    [InlineData("x", 256)]
    [InlineData("😀", 255)]
    public async Task A_browser_of_any_name_can_be_written_down(string ending, int kept)
    {
        var action = $"test.{Guid.NewGuid():n}";
        var agent = ending == "short" ? ending : new string('a', 255) + ending + new string('b', 50);
        await using var db = fixture.NewContext();

        fixture.Get<AuditLog>().Add(db, new AuditEntry(null, action, "", null, agent));
        await db.SaveChangesAsync();

        Assert.Equal(kept, (await db.Set<AuditEntry>().SingleAsync(entry => entry.Action == action)).UserAgent!.Length);
    }
}
