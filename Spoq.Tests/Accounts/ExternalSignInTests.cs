using System.Net;
using System.Web;
using Spoq.Tests.Emulators;
using Spoq.Tests.Support;

namespace Spoq.Tests.Accounts;

/// <summary>Google and GitHub, from the button to the account and back, against their emulators.</summary>
public sealed class ExternalSignInTests(SignInServer fixture) : IClassFixture<SignInServer>
{
    public static TheoryData<string> Starts => ["/auth/github", "/api/auth/google", "/auth/google"];

    [Theory]
    [MemberData(nameof(Starts))]
    public async Task A_new_person_comes_out_in_the_wizard_and_comes_back_to_the_same_account(string start)
    {
        var provider = Provider(start);
        var person = SignInServer.NewPerson(SignInServer.NewEmail(), isPrivate: true);
        using var first = fixture.NewVisitor();
        Assert.StartsWith("/setup", await fixture.ThroughAsync(first, provider, person, start), StringComparison.Ordinal);
        using var second = fixture.NewVisitor();

        // The address at the provider is another one by now: the identity is the same.
        Assert.Equal("/dashboard/account", await fixture.ThroughAsync(second, provider, person with { Email = SignInServer.NewEmail() }, start + "?return_url=/dashboard/account"));

        Assert.Contains(person.Email!, await second.ReadAsync("/dashboard/account"), StringComparison.Ordinal);
        Assert.Empty(provider.Refused);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example")]
    public async Task The_way_back_is_a_page_of_ours(string returnUrl)
    {
        using var visitor = fixture.NewVisitor();

        var end = await fixture.ThroughAsync(visitor, fixture.GitHub, SignInServer.NewPerson(SignInServer.NewEmail()), "/auth/github?return_url=" + Uri.EscapeDataString(returnUrl));

        Assert.StartsWith("/setup", end, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_at_the_provider_comes_back_with_words_and_keeps_the_way()
    {
        using var visitor = fixture.NewVisitor();

        var end = await fixture.ThroughAsync(visitor, fixture.GitHub, null, "/auth/github?return_url=/dashboard/devices");

        Assert.StartsWith("/login?return_url=", end, StringComparison.Ordinal);
        var page = await visitor.ReadAsync(end);
        Assert.Contains("You stopped at GitHub", page, StringComparison.Ordinal);
        Assert.Contains("/auth/github?return_url=%2Fdashboard%2Fdevices", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_is_down_breaks_nothing()
    {
        using var visitor = fixture.NewVisitor();
        fixture.Google.IsBroken = true;
        try
        {
            var end = await fixture.ThroughAsync(visitor, fixture.Google, SignInServer.NewPerson(SignInServer.NewEmail()), "/auth/google");
            Assert.Contains("did not work this time", await visitor.ReadAsync(end), StringComparison.Ordinal);
        }
        finally
        {
            fixture.Google.IsBroken = false;
        }
    }

    [Fact]
    public async Task An_answer_that_another_browser_asked_for_is_refused()
    {
        var person = SignInServer.NewPerson(SignInServer.NewEmail());
        fixture.GitHub.Current = person;
        using var attacker = fixture.NewVisitor();
        using var outside = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var asked = await outside.GetAsync(new Uri((await attacker.LocationAsync("/auth/github"))!));
        var callback = asked.Headers.Location!.PathAndQuery;
        using var victim = fixture.NewVisitor();

        Assert.StartsWith("/login?", await victim.LocationAsync(callback), StringComparison.Ordinal);

        Assert.False(await victim.IsSignedInAsync());
        Assert.Equal(0L, await fixture.ScalarAsync<long>("select count(*) from users where email = $1", person.Email!));
    }

    [Fact]
    public async Task The_way_to_the_provider_carries_pkce_a_state_and_the_callback_that_is_published()
    {
        using var visitor = fixture.NewVisitor();

        var github = new Uri((await visitor.LocationAsync("/auth/github"))!);
        var google = new Uri((await visitor.LocationAsync("/api/auth/google"))!);

        foreach (var (address, callback) in new[] { (github, "/auth/github/callback"), (google, "/api/auth/google/callback") })
        {
            var query = HttpUtility.ParseQueryString(address.Query);
            Assert.Equal(new Uri(fixture.Server.BaseUrl, callback).ToString(), query["redirect_uri"]);
            Assert.Equal("S256", query["code_challenge_method"]);
            Assert.True(query["state"]!.Length > 40);
        }
    }

    [Fact]
    public async Task A_provider_that_is_not_configured_is_not_shown_and_not_there()
    {
        var server = await SpoqServer.SharedAsync();
        using var visitor = new HttpVisitor(server);

        Assert.DoesNotContain("Continue with", await visitor.ReadAsync("/login"), StringComparison.Ordinal);
        using var answer = await visitor.Http.GetAsync(new Uri("/auth/github", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("Continue with GitHub", await fixture.NewVisitor().ReadAsync("/login"), StringComparison.Ordinal);
        Assert.Contains("Continue with Google", await fixture.NewVisitor().ReadAsync("/signup"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_presses_at_once_make_one_account()
    {
        var person = SignInServer.NewPerson(SignInServer.NewEmail());

        // Two browsers of one person; the provider's current person is set once for both.
        fixture.GitHub.Current = person;
        using var one = fixture.NewVisitor();
        using var two = fixture.NewVisitor();
        var ends = await Task.WhenAll(fixture.ThroughAsync(one, fixture.GitHub, person, "/auth/github"), fixture.ThroughAsync(two, fixture.GitHub, person, "/auth/github"));

        Assert.All(ends, end => Assert.True(end.StartsWith("/setup", StringComparison.Ordinal) || end.StartsWith("/dashboard", StringComparison.Ordinal), end));
        Assert.Equal(1L, await fixture.ScalarAsync<long>("select count(*) from users where email = $1", person.Email!));
    }

    [Fact]
    public async Task An_account_without_a_password_can_set_one_and_the_last_way_in_stays()
    {
        var person = SignInServer.NewPerson(SignInServer.NewEmail());
        using var visitor = fixture.NewVisitor();
        await fixture.ThroughAsync(visitor, fixture.GitHub, person, "/auth/github");
        var login = $"login={Uri.EscapeDataString($"{fixture.GitHub.BaseUrl.ToString().TrimEnd('/')} {person.Subject}")}";
        using (var refused = await visitor.SubmitAsync("/dashboard/account/logins", "unlink", await visitor.FormTokenAsync("/dashboard/account"), login))
        {
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            Assert.Contains("only way into your account", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using (var set = await visitor.SubmitAsync("/dashboard/account/password", "password", await visitor.FormTokenAsync("/dashboard/account"), "password=a+quiet+river+of+glass"))
        {
            Assert.Equal("/dashboard/account?done=password", set.Headers.Location?.OriginalString.Replace(fixture.Server.BaseUrl.GetLeftPart(UriPartial.Authority), "", StringComparison.Ordinal));
        }

        using (var unlinked = await visitor.SubmitAsync("/dashboard/account/logins", "unlink", await visitor.FormTokenAsync("/dashboard/account"), login))
        {
            Assert.Equal(HttpStatusCode.Redirect, unlinked.StatusCode);
        }

        using var again = fixture.NewVisitor();
        Assert.NotNull(await again.LogInAsync(person.Email!, "a quiet river of glass"));
        await fixture.MailedAsync(person.Email!, "was unlinked");
        await fixture.MailedAsync(person.Email!, "has a password now");
    }

    private OAuthEmulator Provider(string start) => start.Contains("github", StringComparison.Ordinal) ? fixture.GitHub : fixture.Google;
}
