using System.Net;

namespace Spoq.Tests.Accounts;

public sealed class StepUpTests(SignInServer fixture) : IClassFixture<SignInServer>
{
    public static TheoryData<string, string> Dangerous => new()
    {
        { "/dashboard/account/password", "password" },
        { "/dashboard/account/passkeys", "passkey-change" },
        { "/dashboard/account/two-factor", "turn-off" },
        { "/dashboard/account/logins", "unlink" },
        { "/login/link", "link-login" },
    };

    [Theory]
    [MemberData(nameof(Dangerous))]
    public async Task After_ten_minutes_a_dangerous_page_asks_again_who_sits_there(string page, string form)
    {
        using var visitor = fixture.NewVisitor();
        var email = await visitor.SignUpAsync();
        Assert.Null(await visitor.LocationAsync(page));
        await fixture.TimePassesAsync(email);

        var confirm = (await visitor.LocationAsync(page))!;
        using (var posted = await visitor.SubmitAsync(page, form, await visitor.FormTokenAsync("/dashboard/account"), "password=a+quiet+river+of+glass&current_password=correct+horse+battery+staple"))
        {
            Assert.Equal(confirm, posted.Headers.Location?.ToString());
        }

        Assert.Equal($"/login/confirm?return_url={Uri.EscapeDataString(page)}", confirm);
        using (var wrong = await visitor.SubmitAsync(confirm, "confirm", await visitor.FormTokenAsync("/dashboard/account"), "password=not+the+right+one"))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        }

        using var right = await visitor.SubmitAsync(confirm, "confirm", await visitor.FormTokenAsync("/dashboard/account"), "password=correct+horse+battery+staple");
        Assert.EndsWith(page, right.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Null(await visitor.LocationAsync(page));
    }

    [Fact]
    public async Task With_two_factor_on_the_password_alone_opens_nothing_and_the_code_then_keeps_the_session()
    {
        const string Page = "/dashboard/account/two-factor";
        using var visitor = fixture.NewVisitor();
        var email = await visitor.SignUpAsync();
        var codes = await visitor.TurnTwoFactorOnAsync();
        await fixture.TimePassesAsync(email);
        var confirm = (await visitor.LocationAsync(Page))!;

        using var password = await visitor.SubmitAsync(confirm, "confirm", await visitor.FormTokenAsync("/dashboard/account"), "password=correct+horse+battery+staple");
        var second = password.Headers.Location!.ToString();
        Assert.EndsWith($"/login/2fa?return_url={Uri.EscapeDataString(Page)}", second, StringComparison.Ordinal);
        Assert.Equal(confirm, await visitor.LocationAsync(Page));
        using var wrong = await visitor.SubmitAsync(second, "second-step", await visitor.FormTokenAsync(second), "code=000000");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        Assert.Equal(confirm, await visitor.LocationAsync(Page));

        var before = await SessionsAsync(email);
        using var right = await visitor.SubmitAsync(second, "second-step", await visitor.FormTokenAsync(second), $"code={codes[0]}");
        Assert.EndsWith(Page, right.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Null(await visitor.LocationAsync(Page));
        Assert.Equal(before, await SessionsAsync(email));
    }

    [Fact]
    public async Task With_two_factor_on_a_linked_login_too_is_followed_by_the_code()
    {
        const string Page = "/dashboard/account/logins";
        var person = SignInServer.NewPerson(SignInServer.NewEmail());
        using var visitor = fixture.NewVisitor();
        await fixture.ThroughAsync(visitor, fixture.GitHub, person, "/auth/github");
        var codes = await visitor.TurnTwoFactorOnAsync();
        await fixture.TimePassesAsync(person.Email!);
        var shown = await visitor.ReadAsync($"/login/confirm?return_url={Page}");
        var at = shown.IndexOf("href=\"/auth/github?", StringComparison.Ordinal) + "href=\"".Length;

        var second = await fixture.ThroughAsync(visitor, fixture.GitHub, person, shown[at..shown.IndexOf('"', at)]);
        Assert.StartsWith("/login/2fa?", second, StringComparison.Ordinal);
        Assert.StartsWith("/login/confirm?", await visitor.LocationAsync(Page), StringComparison.Ordinal);
        using var right = await visitor.SubmitAsync(second, "second-step", await visitor.FormTokenAsync(second), $"code={codes[0]}");
        Assert.Null(await visitor.LocationAsync(Page));
    }

    [Fact]
    public async Task A_program_is_told_to_sign_in_again_in_a_code()
    {
        using var visitor = fixture.NewVisitor();
        var email = await visitor.SignUpAsync();
        await fixture.TimePassesAsync(email);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/dashboard/account/password");
        request.Headers.Add("Accept", "application/json");
        visitor.Http.DefaultRequestHeaders.Accept.Clear();

        using var answer = await visitor.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("reauthentication_required", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_linked_login_confirms_and_another_one_does_not()
    {
        var person = SignInServer.NewPerson(SignInServer.NewEmail());
        using var visitor = fixture.NewVisitor();
        await fixture.ThroughAsync(visitor, fixture.GitHub, person, "/auth/github");
        await fixture.TimePassesAsync(person.Email!);
        var page = await visitor.ReadAsync("/login/confirm?return_url=/dashboard/account/password");
        var at = page.IndexOf("href=\"/auth/github?", StringComparison.Ordinal) + "href=\"".Length;
        var start = page[at..page.IndexOf('"', at)];

        var other = await fixture.ThroughAsync(visitor, fixture.GitHub, SignInServer.NewPerson(SignInServer.NewEmail()), start);
        Assert.StartsWith("/login/confirm?", other, StringComparison.Ordinal);
        Assert.Contains("another GitHub login", await visitor.ReadAsync(other), StringComparison.Ordinal);

        Assert.Equal("/dashboard/account/password", await fixture.ThroughAsync(visitor, fixture.GitHub, person, start));
    }

    [Fact]
    public async Task Guessing_the_password_at_somebodys_open_session_ends_after_a_few_tries()
    {
        using var visitor = fixture.NewVisitor();
        await visitor.SignUpAsync();
        var token = await visitor.FormTokenAsync("/dashboard/account");
        var last = HttpStatusCode.OK;
        for (var i = 0; i < 12; i++)
        {
            using var answer = await visitor.SubmitAsync("/login/confirm", "confirm", token, "password=not+the+right+one");
            last = answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, last);
    }

    private Task<string> SessionsAsync(string email) =>
        fixture.ScalarAsync<string>("select string_agg(id::text, ' ' order by id) from sessions where revoked_at is null and account_id = (select id from users where email = $1)", email);
}
