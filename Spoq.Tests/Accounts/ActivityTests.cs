using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops;
using Spoq.Tests.Support;

namespace Spoq.Tests.Accounts;

public sealed class ActivityTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private const string Firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0";

    [Fact]
    public async Task Owners_read_what_happened_to_their_account_newest_first_and_nobody_elses()
    {
        var (mine, other) = (await database.AddAccountAsync(), await database.AddAccountAsync());
        await WriteAsync(mine, "account.sign_in_failed", "wrong password");
        await WriteAsync(mine, "account.password_changed", "by its owner");
        await WriteAsync(other, "account.password_changed", "by its owner");

        var lines = await database.Services.GetRequiredService<ActivityService>().ListAsync(mine, 10, CancellationToken.None);

        Assert.Equal(["Your password was changed.", "A sign-in failed: wrong password."], lines.Select(line => line.Message));
        Assert.Equal([false, true], lines.Select(line => line.IsWarning));
        Assert.All(lines, line => Assert.Equal("Firefox on Linux from 203.0.113.7", line.Where));
    }

    [Theory]
    [InlineData(Firefox, "Firefox on Linux")]
    [InlineData("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0", "Edge on Windows")]
    [InlineData("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1", "Safari on iPhone")]
    [InlineData("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36", "Chrome on Android")]
    [InlineData("curl/8.5.0", "curl")]
    [InlineData("something of its own", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_browsers_header_is_said_in_a_few_words(string? header, string? words) => Assert.Equal(words, UserAgent.Describe(header));

    private async Task WriteAsync(Guid account, string action, string detail)
    {
        await using var db = await database.Services.GetRequiredService<IDbContextFactory<SpoqDbContext>>().CreateDbContextAsync();
        database.Services.GetRequiredService<AuditLog>().Add(db, new AuditEntry(account, action, detail, IPAddress.Parse("203.0.113.7"), Firefox));
        await db.SaveChangesAsync();
        database.Clock.Advance(TimeSpan.FromSeconds(1));
    }
}
