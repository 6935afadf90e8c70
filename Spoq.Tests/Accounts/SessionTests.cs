using System.Net;
using System.Text.RegularExpressions;
using Spoq.Tests.Support;

namespace Spoq.Tests.Accounts;

public sealed partial class SessionTests(SignInServer fixture) : IClassFixture<SignInServer>
{
    [Fact]
    public async Task Every_browser_is_listed_and_signing_one_out_acts_at_once()
    {
        using var laptop = Visitor("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        var email = await laptop.SignUpAsync();
        using var phone = Visitor("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36");
        await phone.LogInAsync(email);
        Assert.True(await phone.IsSignedInAsync());
        var page = await laptop.ReadAsync("/dashboard/account");
        Assert.Contains("Firefox on Linux", page, StringComparison.Ordinal);
        Assert.Contains("Chrome on Android", page, StringComparison.Ordinal);
        Assert.Equal(1, Regex.Count(page, "This browser"));
        var id = SignOut().Match(page).Groups[1].Value;

        using (var ended = await laptop.SubmitAsync("/dashboard/account", "end-session", await laptop.FormTokenAsync("/dashboard/account"), $"session={id}"))
        {
            Assert.Equal(HttpStatusCode.Redirect, ended.StatusCode);
        }

        await EndsAsync(phone);
        Assert.True(await laptop.IsSignedInAsync());
    }

    [Fact]
    public async Task Another_accounts_session_is_not_there_to_be_ended()
    {
        using var victim = fixture.NewVisitor();
        var email = await victim.SignUpAsync();
        var id = await fixture.ScalarAsync<Guid>("select id from sessions where account_id = (select id from users where email = $1)", email);
        using var attacker = fixture.NewVisitor();
        await attacker.SignUpAsync();

        using var answer = await attacker.SubmitAsync("/dashboard/account", "end-session", await attacker.FormTokenAsync("/dashboard/account"), $"session={id}");
        using var missing = await attacker.SubmitAsync("/dashboard/account", "end-session", await attacker.FormTokenAsync("/dashboard/account"), $"session={Guid.NewGuid()}");

        Assert.Equal(missing.StatusCode, answer.StatusCode);
        Assert.True(await victim.IsSignedInAsync());
    }

    [Fact]
    public async Task Sign_out_elsewhere_a_new_password_and_a_reset_end_the_others()
    {
        using var here = fixture.NewVisitor();
        var email = await here.SignUpAsync();
        using var there = fixture.NewVisitor();
        await there.LogInAsync(email);

        using (var pressed = await here.SubmitAsync("/dashboard/account", "elsewhere", await here.FormTokenAsync("/dashboard/account"), ""))
        {
            Assert.Equal(HttpStatusCode.Redirect, pressed.StatusCode);
        }

        await EndsAsync(there);
        Assert.True(await here.IsSignedInAsync());
        await there.LogInAsync(email);
        using (var changed = await here.SubmitAsync("/dashboard/account/password", "password", await here.FormTokenAsync("/dashboard/account"), "current_password=correct+horse+battery+staple&password=a+quiet+river+of+glass"))
        {
            Assert.Equal(HttpStatusCode.Redirect, changed.StatusCode);
        }

        await EndsAsync(there);
        Assert.True(await here.IsSignedInAsync());
        await fixture.MailedAsync(email, "password was changed");

        using (var forgot = await there.SubmitAsync("/forgot-password", "forgot", await there.FormTokenAsync(), $"email={Uri.EscapeDataString(email)}"))
        {
            Assert.Equal(HttpStatusCode.OK, forgot.StatusCode);
        }

        await fixture.MailedAsync(email, "Choose a new Spoq password");
        var link = Regex.Match((await fixture.MailsAsync(email)).First(mail => mail.Subject == "Choose a new Spoq password").Text, @"/reset-password\?token=\S+").Value;
        using (var reset = await there.SubmitAsync(link, "reset", await there.FormTokenAsync(), "password=third+time+is+the+charm"))
        {
            Assert.Equal(HttpStatusCode.Redirect, reset.StatusCode);
        }

        await EndsAsync(here);
    }

    [Fact]
    public async Task A_cookie_copied_before_logging_out_is_worth_nothing_after()
    {
        using var visitor = fixture.NewVisitor();
        await visitor.SignUpAsync();
        using var thief = fixture.NewVisitor();
        thief.Http.DefaultRequestHeaders.Add("Cookie", visitor.Cookies);
        Assert.True(await thief.IsSignedInAsync());

        using (var out_ = await visitor.SubmitAsync("/logout", "none", await visitor.FormTokenAsync("/dashboard/account"), ""))
        {
            Assert.Equal("/login", out_.Headers.Location?.ToString());
        }

        await EndsAsync(thief);
    }

    [Fact]
    public async Task A_sign_in_from_a_new_browser_is_mailed_and_one_from_a_known_browser_is_not()
    {
        using var known = fixture.NewVisitor();
        var email = await known.SignUpAsync();
        using (var left = await known.SubmitAsync("/logout", "none", await known.FormTokenAsync("/dashboard/account"), ""))
        {
            Assert.Equal("/login", left.Headers.Location?.ToString());
        }

        Assert.NotNull(await known.LogInAsync(email));
        using var unknown = Visitor("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0");
        await unknown.LogInAsync(email);

        await fixture.MailedAsync(email, "New sign-in to Spoq: Firefox on Windows");

        Assert.Single(await fixture.MailsAsync(email), mail => mail.Subject.StartsWith("New sign-in", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Being_seen_is_written_down_at_most_once_a_minute()
    {
        using var visitor = fixture.NewVisitor();
        var email = await visitor.SignUpAsync();
        const string Seen = "select last_seen_at from sessions where account_id = (select id from users where email = $1)";
        var before = await fixture.ScalarAsync<DateTime>(Seen, email);
        await fixture.SqlAsync("update sessions set last_seen_at = last_seen_at - interval '30 seconds' where account_id = (select id from users where email = $1)", email);
        Assert.True(await visitor.IsSignedInAsync());
        Assert.Equal(before.AddSeconds(-30), await fixture.ScalarAsync<DateTime>(Seen, email));
    }

    private HttpVisitor Visitor(string agent)
    {
        var visitor = fixture.NewVisitor();
        visitor.Http.DefaultRequestHeaders.UserAgent.ParseAdd(agent);
        return visitor;
    }

    /// <summary>By a notice: by itself it would be looked at again half a minute after it was last.</summary>
    private static Task EndsAsync(HttpVisitor visitor) =>
        Eventually.TrueAsync(async () => !await visitor.IsSignedInAsync(), "the session to end at once", TimeSpan.FromSeconds(20));

    [GeneratedRegex("name=\"session\" value=\"([^\"]+)\"")]
    private static partial Regex SignOut();
}
