using System.Net;
using Spoq.Tests.Emulators;
using Spoq.Tests.Support;

namespace Spoq.Tests.Accounts;

/// <summary>Who gets into whose account: docs/decisions/0012, tried in every order of events.</summary>
public sealed class LinkingTests(SignInServer fixture) : IClassFixture<SignInServer>
{
    [Fact]
    public async Task A_verified_address_of_an_account_is_linked_after_its_owner_logs_in_and_says_yes()
    {
        var email = SignInServer.NewEmail();
        using var owner = fixture.NewVisitor();
        await owner.SignUpAsync(email);
        var person = SignInServer.NewPerson(email);
        using var browser = fixture.NewVisitor();

        var asked = await fixture.ThroughAsync(browser, fixture.GitHub, person, "/auth/github?return_url=/dashboard/devices");

        Assert.StartsWith("/login?", asked, StringComparison.Ordinal);
        Assert.False(await browser.IsSignedInAsync());
        Assert.Contains("has a Spoq account already", await browser.ReadAsync(asked), StringComparison.Ordinal);
        var question = (await browser.LogInAsync(email, page: asked))!;
        Assert.Contains("/login/link?return_url=", question, StringComparison.Ordinal);
        Assert.Contains($"GitHub ({person.Name})", await browser.ReadAsync(question), StringComparison.Ordinal);
        using (var linked = await browser.SubmitAsync(question, "link-login", await browser.FormTokenAsync("/dashboard/account"), ""))
        {
            Assert.EndsWith("/dashboard/devices", linked.Headers.Location!.ToString(), StringComparison.Ordinal);
        }

        using var later = fixture.NewVisitor();
        Assert.Equal("/dashboard/account", await fixture.ThroughAsync(later, fixture.GitHub, person, "/auth/github?return_url=/dashboard/account"));
        Assert.Contains(email, await later.ReadAsync("/dashboard/account"), StringComparison.Ordinal);
        await fixture.MailedAsync(email, "A login was linked");
    }

    [Fact]
    public async Task An_unverified_address_at_the_provider_opens_links_and_makes_nothing()
    {
        var taken = SignInServer.NewEmail();
        using var owner = fixture.NewVisitor();
        await owner.SignUpAsync(taken);
        foreach (var (provider, start, email) in new[] { (fixture.GitHub as OAuthEmulator, "/auth/github", taken), (fixture.Google, "/auth/google", taken), (fixture.Google, "/auth/google", SignInServer.NewEmail()) })
        {
            using var attacker = fixture.NewVisitor();

            var end = await fixture.ThroughAsync(attacker, provider, SignInServer.NewPerson(email, isVerified: false), start);

            Assert.Contains("has no verified e-mail address", await attacker.ReadAsync(end), StringComparison.Ordinal);
            Assert.False(await attacker.IsSignedInAsync());
            Assert.Null(await attacker.LogInAsync(taken, "some other password"));
        }

        Assert.Equal(0L, await fixture.ScalarAsync<long>("select count(*) from external_logins where user_id = (select id from users where email = $1)", taken));
    }

    [Fact]
    public async Task A_person_without_any_address_is_told_what_to_do()
    {
        using var visitor = fixture.NewVisitor();

        var end = await fixture.ThroughAsync(visitor, fixture.GitHub, SignInServer.NewPerson(null), "/auth/github");

        Assert.Contains("sign up here and link GitHub on your account page", await visitor.ReadAsync(end), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_who_signed_up_first_and_never_confirmed_has_nothing_when_the_owner_comes_through_a_provider()
    {
        var email = SignInServer.NewEmail();
        using var attacker = fixture.NewVisitor();
        var ticket = await attacker.StartSignUpAsync(email);
        var code = await fixture.Server.CodeFromMailAsync(email);
        using var victim = fixture.NewVisitor();
        await fixture.ThroughAsync(victim, fixture.Google, SignInServer.NewPerson(email), "/auth/google");
        Assert.True(await victim.IsSignedInAsync());

        Assert.Null(await attacker.LogInAsync(email));
        using var late = await attacker.SubmitAsync(ticket, "code", await attacker.FormTokenAsync(), $"code={code}");

        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        Assert.False(await attacker.IsSignedInAsync());
    }

    [Fact]
    public async Task One_press_on_the_mailed_link_in_another_browser_makes_no_account_with_a_strangers_password()
    {
        var email = SignInServer.NewEmail();
        using var attacker = fixture.NewVisitor();
        await attacker.StartSignUpAsync(email);
        var link = await fixture.ConfirmLinkAsync(email);
        using var victim = fixture.NewVisitor();
        Assert.Contains("not the one that signed up", await victim.ReadAsync(link), StringComparison.Ordinal);

        using var pressed = await victim.SubmitAsync(link, "link", await victim.FormTokenAsync(), "");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, pressed.StatusCode);
        Assert.Equal(0L, await fixture.ScalarAsync<long>("select count(*) from users where email = $1", email));
        using var claimed = await victim.SubmitAsync(link, "claim", await victim.FormTokenAsync(), "new_password=my+own+words+entirely");
        Assert.Equal(HttpStatusCode.Redirect, claimed.StatusCode);
        Assert.True(await victim.IsSignedInAsync());
        Assert.Null(await attacker.LogInAsync(email));
        using var again = fixture.NewVisitor();
        Assert.NotNull(await again.LogInAsync(email, "my own words entirely"));
        Assert.Equal(0L, await fixture.ScalarAsync<long>("select count(*) from users u join sign_ups s on s.id = u.id where u.email = $1", email));
    }

    [Fact]
    public async Task The_mailed_link_confirms_with_one_press_where_the_password_was_chosen_and_with_the_password_elsewhere()
    {
        var email = SignInServer.NewEmail();
        using var laptop = fixture.NewVisitor();
        await laptop.StartSignUpAsync(email);
        var link = await fixture.ConfirmLinkAsync(email);
        Assert.DoesNotContain("not the one that signed up", await laptop.ReadAsync(link), StringComparison.Ordinal);
        using (var pressed = await laptop.SubmitAsync(link, "link", await laptop.FormTokenAsync(), ""))
        {
            Assert.Equal(HttpStatusCode.Redirect, pressed.StatusCode);
        }

        var other = SignInServer.NewEmail();
        using var desk = fixture.NewVisitor();
        await desk.StartSignUpAsync(other);
        var second = await fixture.ConfirmLinkAsync(other);
        using var phone = fixture.NewVisitor();
        using (var wrong = await phone.SubmitAsync(second, "link", await phone.FormTokenAsync(), "password=not+the+right+one"))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        }

        using var right = await phone.SubmitAsync(second, "link", await phone.FormTokenAsync(), "password=correct+horse+battery+staple");
        Assert.Equal(HttpStatusCode.Redirect, right.StatusCode);
        Assert.True(await phone.IsSignedInAsync());
    }

    [Fact]
    public async Task Whoever_did_not_sign_up_says_so_and_nothing_is_left()
    {
        var email = SignInServer.NewEmail();
        using var attacker = fixture.NewVisitor();
        var ticket = await attacker.StartSignUpAsync(email);
        var code = await fixture.Server.CodeFromMailAsync(email);
        var link = await fixture.ConfirmLinkAsync(email);
        using var victim = fixture.NewVisitor();

        using var disowned = await victim.SubmitAsync(link, "disown", await victim.FormTokenAsync(), "");

        Assert.Contains("Nothing was created", await disowned.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        using var late = await attacker.SubmitAsync(ticket, "code", await attacker.FormTokenAsync(), $"code={code}");
        Assert.NotEqual(HttpStatusCode.Redirect, late.StatusCode);
        Assert.Equal(0L, await fixture.ScalarAsync<long>("select count(*) from users where email = $1", email));
    }

    [Fact]
    public async Task A_provider_account_that_takes_on_somebodys_address_later_still_opens_only_its_own()
    {
        var attackerEmail = SignInServer.NewEmail();
        var attackerPerson = SignInServer.NewPerson(attackerEmail);
        using var attacker = fixture.NewVisitor();
        await fixture.ThroughAsync(attacker, fixture.GitHub, attackerPerson, "/auth/github");
        var email = SignInServer.NewEmail();
        using var victim = fixture.NewVisitor();
        await victim.SignUpAsync(email);

        using var later = fixture.NewVisitor();
        await fixture.ThroughAsync(later, fixture.GitHub, attackerPerson with { Email = email }, "/auth/github?return_url=/dashboard/account");

        var page = await later.ReadAsync("/dashboard/account");
        Assert.Contains(attackerEmail, page, StringComparison.Ordinal);
        Assert.DoesNotContain(email, page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_elses_login_is_never_linked_by_a_page_that_another_site_opens()
    {
        // The attacker's GitHub is signed in in the victim's browser; the victim is signed in at Spoq and freshly so.
        var email = SignInServer.NewEmail();
        using var victim = fixture.NewVisitor();
        await victim.SignUpAsync(email);
        var attacker = SignInServer.NewPerson(SignInServer.NewEmail());

        await fixture.ThroughAsync(victim, fixture.GitHub, attacker, "/auth/github?intent=Link&return_url=/dashboard/account");

        Assert.Equal(0L, await fixture.ScalarAsync<long>("select count(*) from external_logins where user_id = (select id from users where email = $1)", email));
    }

    [Fact]
    public async Task A_login_is_linked_from_the_account_page_and_one_that_opens_another_account_is_refused()
    {
        var email = SignInServer.NewEmail();
        using var owner = fixture.NewVisitor();
        await owner.SignUpAsync(email);
        var mine = SignInServer.NewPerson("elsewhere@example.org");
        var question = await fixture.ThroughAsync(owner, fixture.Google, mine, await LinkAsync(owner, "/api/auth/google"));
        Assert.StartsWith("/login/link", question, StringComparison.Ordinal);
        using (var linked = await owner.SubmitAsync(question, "link-login", await owner.FormTokenAsync("/dashboard/account"), ""))
        {
            Assert.Equal(HttpStatusCode.Redirect, linked.StatusCode);
        }

        var foreign = SignInServer.NewPerson(SignInServer.NewEmail());
        using var other = fixture.NewVisitor();
        await fixture.ThroughAsync(other, fixture.GitHub, foreign, "/auth/github");
        var taken = await fixture.ThroughAsync(owner, fixture.GitHub, foreign, await LinkAsync(owner, "/auth/github"));
        using var refused = await owner.SubmitAsync(taken, "link-login", await owner.FormTokenAsync("/dashboard/account"), "");

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("opens another Spoq account already", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_that_waits_to_be_linked_is_offered_to_no_other_account()
    {
        using var owner = fixture.NewVisitor();
        var email = await owner.SignUpAsync();
        using var stranger = fixture.NewVisitor();
        var other = await stranger.SignUpAsync();
        using var browser = fixture.NewVisitor();
        var asked = await fixture.ThroughAsync(browser, fixture.GitHub, SignInServer.NewPerson(email), "/auth/github");

        var question = (await browser.LogInAsync(other, page: asked))!;

        Assert.Contains("no login waiting to be linked", await browser.ReadAsync(question), StringComparison.Ordinal);
        using var pressed = await browser.SubmitAsync(question, "link-login", await browser.FormTokenAsync("/dashboard/account"), "");
        Assert.Equal(0L, await fixture.ScalarAsync<long>("select count(*) from external_logins where user_id = (select id from users where email = $1)", other));
    }

    private static async Task<string> LinkAsync(HttpVisitor visitor, string path)
    {
        var page = await visitor.ReadAsync("/dashboard/account/logins");
        var at = page.IndexOf($"href=\"{path}?", StringComparison.Ordinal) + "href=\"".Length;
        return page[at..page.IndexOf('"', at)];
    }
}
