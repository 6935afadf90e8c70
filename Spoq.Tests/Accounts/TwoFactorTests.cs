using System.Net;
using Microsoft.EntityFrameworkCore;
using Spoq.Core;
using Spoq.Core.Accounts;
using Spoq.Infrastructure.Accounts;
using Spoq.Tests.Support;

namespace Spoq.Tests.Accounts;

public sealed class TwoFactorTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private const string Password = "violet tractor sonnet";

    private readonly Caller _caller = new(new IPAddress(Random.Shared.Next()), "tests");

    private LoginService Logins => database.Get<LoginService>();

    private SecondFactorService SecondFactor => database.Get<SecondFactorService>();

    private TwoFactorService TwoFactor => database.Get<TwoFactorService>();

    [Fact]
    public async Task With_it_on_a_password_gives_only_a_ticket_and_a_code_of_the_app_opens()
    {
        var person = await PersonAsync();
        var ticket = await TicketAsync(person);

        Assert.Equal(person.AccountId, await FinishAsync(ticket, person.Code(database.Clock.Now)));
        Assert.Equal(AccountRefusals.SecondStepOver, await RefusedAsync(ticket, person.Code(database.Clock.Now)));
    }

    [Fact]
    public async Task A_code_is_spent_by_its_first_use_also_at_another_ticket()
    {
        var person = await PersonAsync();
        var code = person.Code(database.Clock.Now);
        var (first, second) = (await TicketAsync(person), await TicketAsync(person));

        Assert.Equal(person.AccountId, await FinishAsync(first, code));
        Assert.Equal(AccountRefusals.SecondStepWrong, await RefusedAsync(second, code));

        database.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(person.AccountId, await FinishAsync(second, person.Code(database.Clock.Now)));
    }

    [Fact]
    public async Task Of_a_hundred_answers_at_once_with_one_code_one_gets_in()
    {
        var person = await PersonAsync();
        var code = person.Code(database.Clock.Now);
        var tickets = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            tickets.Add(await TicketAsync(person));
        }

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(n => SecondFactor.FinishAsync(tickets[n % 10], code, new Caller(new IPAddress(n + 1), null), CancellationToken.None)));

        Assert.Equal(1, answers.Count(answer => answer.Try(out _, out _)));
    }

    [Fact]
    public async Task A_recovery_code_opens_once_even_under_a_hundred_at_once_and_its_owner_is_told()
    {
        var person = await PersonAsync();
        var tickets = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            tickets.Add(await TicketAsync(person));
        }

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(n => SecondFactor.FinishAsync(tickets[n % 10], person.Codes[0].ToUpperInvariant(), new Caller(new IPAddress(n + 1), null), CancellationToken.None)));

        Assert.Equal(1, answers.Count(answer => answer.Try(out _, out _)));
        Assert.Equal(9, (await TwoFactor.StatusAsync(person.AccountId, CancellationToken.None)).CodesLeft);
        Assert.Single(await database.MailsToAsync(person.AccountId), mail => mail.Subject == "A Spoq recovery code was used");
    }

    [Fact]
    public async Task Five_wrong_codes_end_the_ticket_and_tell_the_owner_that_somebody_has_the_password()
    {
        var person = await PersonAsync();
        var ticket = await TicketAsync(person);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(AccountRefusals.SecondStepWrong, await RefusedAsync(ticket, person.Wrong(database.Clock.Now)));
        }

        Assert.Equal(AccountRefusals.SecondStepOver, await RefusedAsync(ticket, person.Wrong(database.Clock.Now)));
        Assert.Equal(AccountRefusals.SecondStepOver, await RefusedAsync(ticket, person.Code(database.Clock.Now)));
        Assert.Single(await database.MailsToAsync(person.AccountId), mail => mail.Subject == "Somebody could not sign in to your Spoq account");
    }

    [Fact]
    public async Task A_stranger_without_the_password_uses_up_nothing()
    {
        var person = await PersonAsync();
        for (var i = 0; i < 60; i++)
        {
            var stranger = new Caller(new IPAddress(0x0a000000 + i), null);
            await Logins.LogInAsync(person.Email, "not the password", null, stranger, CancellationToken.None);
            await SecondFactor.FinishAsync(Guid.NewGuid().ToString(), "123456", stranger, CancellationToken.None);
        }

        Assert.Equal(person.AccountId, await FinishAsync(await TicketAsync(person), person.Code(database.Clock.Now)));
    }

    [Fact]
    public async Task Whoever_has_the_password_gets_twenty_guesses_an_hour_and_no_more()
    {
        var person = await PersonAsync();
        var refusals = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            var ticket = await TicketAsync(person);
            for (var j = 0; j < 4; j++)
            {
                refusals.Add((await RefusedAsync(ticket, person.Wrong(database.Clock.Now)))!.Code);
            }
        }

        Assert.Equal(20, refusals.Count(code => code == "code_wrong"));
        Assert.Equal(4, refusals.Count(code => code == "too_many_tries"));
    }

    [Fact]
    public async Task A_ticket_dies_of_age_and_with_a_new_password()
    {
        var person = await PersonAsync();
        var (old, other) = (await TicketAsync(person), await TicketAsync(person));
        Assert.Null(await database.Get<AccountService>().ChangePasswordAsync(person.AccountId, Password, "another violet tractor", null, _caller, CancellationToken.None));
        Assert.Equal(AccountRefusals.SecondStepOver, await RefusedAsync(other, person.Code(database.Clock.Now)));
        Assert.Null(await database.Get<AccountService>().ChangePasswordAsync(person.AccountId, "another violet tractor", Password, null, _caller, CancellationToken.None));

        old = await TicketAsync(person);
        database.Clock.Advance(SecondFactorTicket.Life);
        Assert.Equal(AccountRefusals.SecondStepOver, await RefusedAsync(old, person.Code(database.Clock.Now)));
    }

    [Fact]
    public async Task Neither_the_secret_nor_a_recovery_code_stands_in_the_database()
    {
        var person = await PersonAsync();
        await using var db = database.NewContext();
        var stored = await db.Set<TwoFactor>().AsNoTracking().SingleAsync(row => row.AccountId == person.AccountId);
        var codes = await db.Set<RecoveryCode>().AsNoTracking().Where(row => row.AccountId == person.AccountId).ToListAsync();

        Assert.True(stored.Secret.AsSpan().IndexOf(person.Secret) < 0);
        Assert.All(codes, code => Assert.Equal(32, code.Hash.Length));
        Assert.Equal(TwoFactor_Codes(person), codes.Select(code => Convert.ToHexString(code.Hash)).Order());
    }

    [Fact]
    public async Task New_recovery_codes_void_the_old_and_turning_off_takes_the_second_step_away()
    {
        var person = await PersonAsync();
        var old = person.Codes[0];
        Assert.True((await TwoFactor.RenewCodesAsync(person.AccountId, _caller, CancellationToken.None)).Try(out var renewed, out _));
        var ticket = await TicketAsync(person);
        Assert.Equal(AccountRefusals.SecondStepWrong, await RefusedAsync(ticket, old));
        Assert.Equal(person.AccountId, await FinishAsync(ticket, renewed[0]));

        Assert.Null(await TwoFactor.TurnOffAsync(person.AccountId, _caller, CancellationToken.None));

        Assert.True((await Logins.LogInAsync(person.Email, Password, null, _caller, CancellationToken.None)).Try(out var loggedIn, out _));
        Assert.Equal(person.AccountId, loggedIn.AccountId);
    }

    [Fact]
    public async Task It_is_turned_on_only_by_a_code_made_with_the_offered_secret_for_that_account()
    {
        var accountId = await database.AddAccountAsync();
        var other = await database.AddAccountAsync();
        var offer = TwoFactor.Offer(accountId, "a@example.com");
        var code = Totp.Code(Authenticator.Base32(offer.Secret), Totp.StepAt(database.Clock.Now));

        Assert.Equal(AccountRefusals.SetUpOver, await TurnOnAsync(other, offer.SetUp, code));
        Assert.Equal(AccountRefusals.SetUpOver, await TurnOnAsync(accountId, "nonsense", code));
        Assert.Equal(AccountRefusals.SecondStepWrong, await TurnOnAsync(accountId, offer.SetUp, code == "000000" ? "111111" : "000000"));
        Assert.Null(await TurnOnAsync(accountId, offer.SetUp, code));
        Assert.Equal(AccountRefusals.TwoFactorOn, await TurnOnAsync(accountId, offer.SetUp, code));
    }

    private async Task<Refusal?> TurnOnAsync(Guid accountId, string setUp, string code)
    {
        (await TwoFactor.TurnOnAsync(accountId, setUp, code, _caller, CancellationToken.None)).Try(out _, out var no);
        return no;
    }

    private static IOrderedEnumerable<string> TwoFactor_Codes(Protected person) => person.Codes.Select(code => Convert.ToHexString(Secret.Hash(RecoveryCode.Read(code)))).Order();

    private async Task<Protected> PersonAsync()
    {
        var email = SignInServer.NewEmail();
        var accountId = await database.AddAccountAsync(email);
        Assert.Null(await database.Get<AccountService>().ChangePasswordAsync(accountId, null, Password, null, _caller, CancellationToken.None));
        var offer = TwoFactor.Offer(accountId, email);
        var secret = Authenticator.Base32(offer.Secret);
        Assert.True((await TwoFactor.TurnOnAsync(accountId, offer.SetUp, Totp.Code(secret, Totp.StepAt(database.Clock.Now)), _caller, CancellationToken.None)).Try(out var codes, out _));
        database.Clock.Advance(TimeSpan.FromSeconds(30));
        return new Protected(accountId, email, secret, codes);
    }

    private async Task<string> TicketAsync(Protected person)
    {
        var caller = new Caller(new IPAddress(Random.Shared.Next()), null);
        Assert.True((await Logins.LogInAsync(person.Email, Password, null, caller, CancellationToken.None)).Try(out var loggedIn, out _));
        Assert.Null(loggedIn.AccountId);
        return loggedIn.SecondFactorTicket!;
    }

    private async Task<Guid> FinishAsync(string ticket, string code)
    {
        Assert.True((await SecondFactor.FinishAsync(ticket, code, _caller, CancellationToken.None)).Try(out var accountId, out var no), no?.Code);
        return accountId;
    }

    private async Task<Refusal?> RefusedAsync(string ticket, string code)
    {
        (await SecondFactor.FinishAsync(ticket, code, _caller, CancellationToken.None)).Try(out _, out var no);
        return no;
    }

    private sealed record Protected(Guid AccountId, string Email, byte[] Secret, IReadOnlyList<string> Codes)
    {
        public string Code(DateTimeOffset now) => Totp.Code(Secret, Totp.StepAt(now));

        public string Wrong(DateTimeOffset now)
        {
            var near = Enumerable.Range(-2, 5).Select(n => Totp.Code(Secret, Totp.StepAt(now) + n)).ToHashSet();
            return Enumerable.Range(0, 9).Select(n => new string((char)('0' + n), 6)).First(code => !near.Contains(code));
        }
    }
}
