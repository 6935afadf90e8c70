using System.Net;
using System.Text.RegularExpressions;
using Spoq.Tests.Support;

namespace Spoq.Tests.Shell;

public sealed partial class PublicPageTests
{
    private const int Budget = 60 * 1024;

    public static TheoryData<string> Pages => ["/", "/?address=alice", "/pricing", "/pricing?interval=year", "/local", "/docs", "/privacy", "/terms", "/status"];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task A_public_page_is_light_and_loads_no_Blazor_script(string page)
    {
        var server = await SpoqServer.SharedAsync();
        using var client = server.NewClient();

        using var answer = await client.GetAsync(new Uri(page, UriKind.Relative));
        var html = await answer.Content.ReadAsStringAsync();
        var weight = html.Length;
        foreach (var asset in Assets().Matches(html).Select(match => match.Groups[1].Value).Distinct())
        {
            weight += (await client.GetByteArrayAsync(new Uri(asset, UriKind.RelativeOrAbsolute))).Length;
        }

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotContain("blazor.web", html, StringComparison.Ordinal);
        Assert.InRange(weight, 1, Budget);
    }

    [Fact]
    public async Task The_address_field_answers_without_script_and_carries_the_name_on()
    {
        var server = await SpoqServer.SharedAsync();
        using var client = server.NewClient();
        var name = $"visitor-{Guid.NewGuid():N}"[..20];

        var free = await client.GetStringAsync(new Uri($"/?address={name}", UriKind.Relative));
        var reserved = await client.GetStringAsync(new Uri("/?address=admin", UriKind.Relative));
        var hostile = await client.GetStringAsync(new Uri("/?address=%3Cscript%3Ealert(1)%3C/script%3E", UriKind.Relative));

        Assert.Contains($"/signup?address={name}", free, StringComparison.Ordinal);
        Assert.DoesNotContain("/signup?address=admin", reserved, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>alert", hostile, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/cloud/new", "/setup")]
    [InlineData("/cloud/new?plan=pro&interval=year", "/setup?plan=pro&interval=year")]
    [InlineData("/cloud/new?address=alice&plan=", "/setup?address=alice")]
    public async Task What_was_chosen_on_a_public_page_goes_along_to_the_wizard(string page, string wizard)
    {
        using var client = (await SpoqServer.SharedAsync()).NewClient(followRedirects: false);

        using var answer = await client.GetAsync(new Uri(page, UriKind.Relative));

        Assert.Equal(wizard, answer.Headers.Location?.ToString());
    }

    [GeneratedRegex("""(?:<link rel="stylesheet" href|<script src|<img src|<link rel="icon" href)="([^"]+)""")]
    private static partial Regex Assets();
}
