using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Ops;
using Spoq.Infrastructure.Ops.Mail;
using Spoq.Tests.Support;

namespace Spoq.Tests.Accounts;

public sealed class SignUpTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private const string Password = "violet tractor sonnet";

    private readonly Caller _caller = new(new IPAddress(Random.Shared.Next()), "tests");

    private SignUpService SignUps => database.Get<SignUpService>();

    private static string NewEmail() => $"{Guid.NewGuid():n}@example.com";

    [Fact]
    public async Task Of_a_hundred_presses_on_one_link_one_makes_the_account()
    {
        var email = NewEmail();
        var ticket = await StartAsync(email);
        var token = (await MailsAsync(email))[0].Split("token=")[1].Split('\n')[0];

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(n =>
            SignUps.ConfirmByLinkAsync(token, new SignUpProof(ticket), new Caller(new IPAddress(n + 1), null), CancellationToken.None)));

        Assert.Equal(1, answers.Count(answer => answer.Try(out _, out _)));
        await using var db = database.NewContext();
        Assert.Equal(1, await db.Users.CountAsync(user => user.Email == email));
    }

    [Fact]
    public async Task Of_a_hundred_right_codes_at_once_one_makes_the_account()
    {
        var email = NewEmail();
        var ticket = await StartAsync(email);
        var code = Code((await MailsAsync(email))[0]);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(n =>
            SignUps.ConfirmByCodeAsync(ticket, code, new SignUpProof(ticket), new Caller(new IPAddress(n + 1), null), CancellationToken.None)));

        Assert.Equal(1, answers.Count(answer => answer.Try(out _, out _)));
    }

    [Fact]
    public async Task After_five_wrong_codes_the_right_one_is_void_too_until_a_new_mail()
    {
        var email = NewEmail();
        var ticket = await StartAsync(email);
        var code = Code((await MailsAsync(email))[0]);
        var wrong = code == "000000" ? "111111" : "000000";
        for (var i = 0; i < SignUp.MaxTries; i++)
        {
            Assert.NotNull(await ConfirmAsync(ticket, wrong));
        }

        Assert.Equal(AccountRefusals.CodeLocked, await ConfirmAsync(ticket, code));
        Assert.Null(await SignUps.ResendAsync(ticket, _caller, CancellationToken.None));
        database.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await ConfirmAsync(ticket, Code((await MailsAsync(email))[0])));
    }

    [Fact]
    public async Task An_address_with_an_account_gets_the_same_answer_and_its_owner_a_note()
    {
        var email = NewEmail();
        await database.AddAccountAsync(email);
        Assert.NotEmpty(await StartAsync(email));
        var mail = Assert.Single(await MailsAsync(email));
        Assert.Contains("You already have an account", mail, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"\b\d{6}\b", mail);
    }

    [Fact]
    public async Task A_stranger_shuts_out_only_himself()
    {
        var email = NewEmail();
        var ticket = await StartAsync(email);
        Assert.Null(await ConfirmAsync(ticket, Code((await MailsAsync(email))[0])));
        var logins = database.Get<LoginService>();
        var codes = new List<string?>();
        for (var i = 0; i < 12; i++)
        {
            (await logins.LogInAsync(email, "wrong wrong wrong", null, _caller, CancellationToken.None)).Try(out _, out var no);
            codes.Add(no?.Code);
        }

        Assert.Equal("wrong_login", codes[0]);
        Assert.Equal("too_many_tries", codes[^1]);
        var owner = await logins.LogInAsync(email, Password, null, new Caller(IPAddress.Parse("192.0.2.9"), null), CancellationToken.None);
        Assert.True(owner.Try(out _, out _));
    }

    [Fact]
    public async Task Logging_in_to_an_unconfirmed_sign_up_again_and_again_mails_what_the_mail_box_may_get_and_no_more()
    {
        var email = NewEmail();
        await StartAsync(email);
        for (var i = 0; i < 30; i++)
        {
            Assert.NotEmpty(await ReopenAsync(email, new Caller(new IPAddress(0x0100000A + (i << 24)), "tests")));
        }

        Assert.Equal(20, (await MailsAsync(email)).Count);
    }

    [Fact]
    public async Task One_network_makes_six_mails_an_hour_and_a_locked_code_then_stays_locked()
    {
        var email = NewEmail();
        await StartAsync(email);
        var tries = 0;
        for (var i = 0; i < 9; i++)
        {
            database.Clock.Advance(TimeSpan.FromSeconds(1));
            var ticket = await ReopenAsync(email, _caller);
            var codes = (await MailsAsync(email)).ConvertAll(Code);
            var wrong = Enumerable.Range(0, 10).Select(digit => new string((char)('0' + digit), 6)).First(code => !codes.Contains(code));
            while (await ConfirmAsync(ticket, wrong) == AccountRefusals.CodeWrong)
            {
                tries++;
            }

            Assert.Equal(AccountRefusals.CodeLocked, await ConfirmAsync(ticket, codes[0]));
        }

        Assert.Equal(6, (await MailsAsync(email)).Count);
        Assert.Equal(5 * (SignUp.MaxTries - 1), tries);
    }

    private async Task<string> ReopenAsync(string email, Caller caller)
    {
        Assert.True((await database.Get<LoginService>().LogInAsync(email, Password, null, caller, CancellationToken.None)).Try(out var loggedIn, out var no), no?.Code);
        Assert.Null(loggedIn.AccountId);
        return loggedIn.Unconfirmed!.Ticket;
    }

    private async Task<Refusal?> ConfirmAsync(string ticket, string code)
    {
        (await SignUps.ConfirmByCodeAsync(ticket, code, new SignUpProof(ticket), _caller, CancellationToken.None)).Try(out _, out var no);
        return no;
    }

    private async Task<string> StartAsync(string email)
    {
        Assert.True((await SignUps.StartAsync(email, Password, null, _caller, CancellationToken.None)).Try(out var started, out _));
        return started.Ticket;
    }

    /// <summary>Newest first, once the outbox is empty.</summary>
    private async Task<List<string>> MailsAsync(string email)
    {
        var worker = database.Get<OutboxWorker>();
        while (await worker.RunOnceAsync(CancellationToken.None) > 0)
        {
        }

        return [.. (await database.Get<LocalMailer>().ListAsync(CancellationToken.None)).Where(mail => mail.To == email).Select(mail => mail.Text)];
    }

    private static string Code(string mail) => Regex.Match(mail, @"\b\d{6}\b").Value;
}
