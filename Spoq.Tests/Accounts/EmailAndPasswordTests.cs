using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Accounts;

namespace Spoq.Tests.Accounts;

public sealed class EmailAndPasswordTests
{
    [Theory]
    [InlineData(" Ann.O'Brien+x@Example.COM ", "Ann.O'Brien+x@example.com")]
    [InlineData("a@bücher.example", "a@xn--bcher-kva.example")]
    public void An_address_is_kept_in_the_form_that_mail_servers_take(string typed, string kept)
    {
        Assert.True(EmailAddress.Check(typed).Try(out var address, out _));
        Assert.Equal(kept, address);
    }

    [Theory]
    [InlineData(null, "email_missing")]
    [InlineData("   ", "email_missing")]
    [InlineData("\u0430lice@example.com", "email_letters")]
    [InlineData("a@b", "email_malformed")]
    [InlineData("a\r\nBcc: x@example.com", "email_malformed")]
    [InlineData("'; drop table users--@example.com", "email_malformed")]
    [InlineData("<b>@example.com", "email_malformed")]
    [InlineData("a..b@example.com", "email_malformed")]
    public void What_mail_servers_do_not_take_is_refused_with_a_reason(string? typed, string code)
    {
        Assert.False(EmailAddress.Check(typed).Try(out _, out var no));
        Assert.Equal(code, no.Code);
        Assert.Equal("email", no.Field);
    }

    [Theory]
    [InlineData("elevenchars", "password_too_short")]
    [InlineData("password1234", "password_common")]
    [InlineData("letmeinletmein", "password_common")]
    [InlineData("aaaaaaaaaaaaaaa", "password_common")]
    [InlineData("abcdefghijklmn", "password_common")]
    [InlineData("Somebody@Example.com", "password_is_email")]
    public void A_password_that_attackers_try_first_is_refused(string password, string code) =>
        Assert.Equal(code, PasswordRule.Check(password, "somebody@example.com")?.Code);

    [Theory]
    [InlineData("violet tractor sonnet")]
    [InlineData("            x~1 ü")]
    public void Any_other_long_password_is_taken(string password) =>
        Assert.Null(PasswordRule.Check(password, "somebody@example.com"));

    [Theory]
    [InlineData("/setup?address=alice", true)]
    [InlineData("//evil.example", false)]
    [InlineData("/\\evil.example", false)]
    [InlineData("/\t/evil.example", false)]
    [InlineData("https://evil.example", false)]
    public void Only_pages_of_ours_are_gone_on_to(string path, bool isOurs) => Assert.Equal(isOurs, LocalPath.Check(path) is not null);

    [Fact]
    public void In_earnest_a_password_costs_whoever_guesses_it_as_much_as_OWASP_asks()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddAccounts(builder.Configuration, builder.Environment);
        using var services = builder.Services.BuildServiceProvider();

        // Of PBKDF2 with SHA-512; other tests take a moment instead.
        Assert.Equal(210_000, services.GetRequiredService<IOptions<PasswordHasherOptions>>().Value.IterationCount);
    }
}
