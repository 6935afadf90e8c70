using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Spoq.Core.Releases;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Releases;

namespace Spoq.Tests.Releases;

public sealed class DownloadTests(ReleasesFixture fixture) : IClassFixture<ReleasesFixture>
{
    private static readonly Caller s_me = new(IPAddress.Parse("203.0.113.7"), "curl/8.5.0");

    private DownloadService Downloads => fixture.Get<DownloadService>();

    [Fact]
    public async Task Of_many_downloads_at_once_with_one_token_one_gets_the_file()
    {
        var token = await fixture.TokenAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => Downloads.RedeemAsync(token, fixture.Artifact, goesOn: false, s_me, CancellationToken.None))));

        Assert.Single(answers, answer => answer.Try(out _, out _));
        Assert.All(answers, answer => Assert.True(answer.Try(out _, out var no) || no == ReleaseRefusals.TokenUsed));
    }

    [Fact]
    public async Task A_broken_download_goes_on_from_the_same_address_and_from_no_other()
    {
        var token = await fixture.TokenAsync();
        Assert.True((await Downloads.RedeemAsync(token, fixture.Artifact, goesOn: false, s_me, CancellationToken.None)).Try(out _, out _));

        Assert.True((await Downloads.RedeemAsync(token, fixture.Artifact, goesOn: true, s_me, CancellationToken.None)).Try(out _, out _));
        Assert.False((await Downloads.RedeemAsync(token, fixture.Artifact, goesOn: true, s_me with { Address = IPAddress.Parse("203.0.113.8") }, CancellationToken.None)).Try(out _, out var no));
        Assert.Equal(ReleaseRefusals.TokenUsed, no);
    }

    [Fact]
    public async Task A_token_is_over_after_thirty_minutes_also_for_going_on()
    {
        // An address of its own: what it used up of its limit lies in the future of the other tests.
        var later = s_me with { Address = IPAddress.Parse("203.0.113.9") };
        var (fresh, used) = (await fixture.TokenAsync(), await fixture.TokenAsync());
        Assert.True((await Downloads.RedeemAsync(used, fixture.Artifact, goesOn: false, later, CancellationToken.None)).Try(out _, out _));
        fixture.Clock.Advance(DownloadToken.Life);

        Assert.False((await Downloads.RedeemAsync(fresh, fixture.Artifact, goesOn: false, later, CancellationToken.None)).Try(out _, out var first));
        Assert.False((await Downloads.RedeemAsync(used, fixture.Artifact, goesOn: true, later, CancellationToken.None)).Try(out _, out var second));
        Assert.Equal((ReleaseRefusals.TokenExpired, ReleaseRefusals.TokenExpired), (first, second));
    }

    [Fact]
    public async Task The_rest_of_a_file_is_sent_by_range()
    {
        using var http = fixture.Server.NewClient();
        var path = $"/releases/{fixture.Artifact}?token={await fixture.TokenAsync()}";
        var whole = await http.GetByteArrayAsync(new Uri(path, UriKind.Relative));
        using var rest = new HttpRequestMessage(HttpMethod.Get, path);
        rest.Headers.Range = new RangeHeaderValue(1_000_000, null);

        using var answer = await http.SendAsync(rest);

        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal(SHA256.HashData(whole.AsSpan(1_000_000)), SHA256.HashData(await answer.Content.ReadAsByteArrayAsync()));
    }

    [Theory]
    [InlineData("spoq-linux-riscv", 404)]
    [InlineData("manifest.json", 404)]
    [InlineData("..%2Fmanifest.json", 404)]
    [InlineData("conductor-darwin-arm64", 404)]
    public async Task Only_published_builds_are_given_out(string name, int status)
    {
        using var http = fixture.Server.NewClient();

        using var answer = await http.GetAsync(new Uri($"/releases/{name}?token={await fixture.TokenAsync()}", UriKind.Relative));

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?token=")]
    [InlineData("?token=nonsense")]
    public async Task Without_a_token_nothing_is_given_out(string query)
    {
        using var http = fixture.Server.NewClient();

        using var answer = await http.GetAsync(new Uri($"/releases/cli{query}", UriKind.Relative));

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }
}
