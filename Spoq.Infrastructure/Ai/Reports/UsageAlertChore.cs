using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Spoq.Core.Ai.Usage;
using Spoq.Infrastructure.Accounts;
using Spoq.Infrastructure.Ai.Budgets;
using Spoq.Infrastructure.Data;
using Spoq.Infrastructure.Ops.Chores;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Infrastructure.Ai.Reports;

/// <summary>Tells people at 80 and at 100 % of what they may use, once each in a month; of a cap that was changed anew.</summary>
internal sealed class UsageAlertChore(IDbContextFactory<SpoqDbContext> contexts, BudgetStore budgets, MailOutbox mails, AccountLinks links, TimeProvider clock) : IChore
{
    private const int Chunk = 500;

    private static readonly int[] s_percents = [100, 80];

    public string Name => "usage_alerts";

    public TimeSpan Every => TimeSpan.FromSeconds(30);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var month = AccountBudget.MonthOf(now);
        Guid[] active;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            var since = now - TimeSpan.FromDays(1);
            active = await db.Set<UsageMonth>().Where(row => row.Month == month && row.UpdatedAt > since).Select(row => row.AccountId).Distinct().ToArrayAsync(cancellationToken);
        }

        foreach (var chunk in active.Chunk(Chunk))
        {
            foreach (var (accountId, facts) in await budgets.ReadAsync(chunk, cancellationToken))
            {
                var allowance = facts.Allowance;
                await AlertAsync(accountId, month, UsageAlert.Included, allowance.UsedTokens, allowance.IncludedTokens, cancellationToken);
                await AlertAsync(accountId, month, UsageAlert.Cap(allowance.Cap), allowance.Overage, allowance.Cap, cancellationToken);
            }
        }
    }

    private async Task AlertAsync(Guid accountId, DateOnly month, string allowance, long used, long of, CancellationToken cancellationToken)
    {
        var reached = s_percents.Where(percent => of > 0 && (Int128)used * 100 >= (Int128)of * percent).ToArray();
        if (reached.Length == 0)
        {
            return;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var told = new List<int>();
        foreach (var percent in reached)
        {
            if (await db.Database.ExecuteSqlAsync(
                $"insert into usage_alerts (account_id, month, allowance, percent, at) select id, {month}, {allowance}, {percent}, {clock.GetUtcNow()} from users where id = {accountId} on conflict do nothing",
                cancellationToken) == 1)
            {
                told.Add(percent);
            }
        }

        // Whoever went past both at once hears of the higher one.
        if (told.Count > 0 && await db.Users.Where(user => user.Id == accountId).Select(user => user.Email).SingleOrDefaultAsync(cancellationToken) is { } email)
        {
            if (told.Max() == reached.Max())
            {
                mails.Add(db, UsageMails.Reached(email, allowance, told.Max(), used, of, month, links.Usage));
                await db.SaveChangesAsync(cancellationToken);
            }
        }

        await transaction.CommitAsync(cancellationToken);
    }
}

/// <summary>What we write to people about their usage.</summary>
internal static class UsageMails
{
    public static Core.Ops.Mail Reached(string to, string allowance, int percent, long used, long of, DateOnly month, Uri usage)
    {
        var isCap = allowance != UsageAlert.Included;
        var what = isCap ? "monthly AI cap" : "included AI tokens";
        var name = month.ToString("MMMM", CultureInfo.InvariantCulture);
        var figures = isCap
            ? string.Create(CultureInfo.InvariantCulture, $"${used / 1e6m:0.00} of ${of / 1e6m:0.00}")
            : string.Create(CultureInfo.InvariantCulture, $"{used:N0} of {of:N0} tokens");
        var next = (isCap, percent) switch
        {
            (true, 100) => "AI requests that cost money are refused until the first of next month, or until you raise the cap.",
            (true, _) => "At 100 % AI requests are refused until the first of next month. You can raise the cap at any time.",
            (false, 100) => "AI goes on working. Further tokens are billed at your plan's overage price, up to your monthly cap.",
            _ => "At 100 % AI goes on working; further tokens are billed at your plan's overage price, up to your monthly cap.",
        };
        return MailText.Write(to, $"You have used {(percent == 100 ? "all" : $"{percent} %")} of your {what}", $"""
            In {name} you have used {figures}.

            {next}

            See where it went, or change the cap:

            {usage}
            """);
    }
}
