using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Spoq.Core.Ops;
using Spoq.Infrastructure.Data;

namespace Spoq.Infrastructure.Ops.Mail;

using Mail = Spoq.Core.Ops.Mail;

/// <summary>Development's mail server: a table that <c>/dev/mail</c> shows.</summary>
public sealed class LocalMailer : IMailer
{
    private const int Shown = 200;

    private readonly IDbContextFactory<SpoqDbContext> _contexts;
    private readonly TimeProvider _clock;

    public LocalMailer(IDbContextFactory<SpoqDbContext> contexts, TimeProvider clock, IHostEnvironment environment)
    {
        if (environment.IsProduction())
        {
            throw new InvalidOperationException("The local mail box is for development only. Set Smtp__Host.");
        }

        _contexts = contexts;
        _clock = clock;
    }

    public async Task SendAsync(Mail mail, Guid messageId, CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync($"""
            insert into local_mail (id, "to", subject, text, html, sent_at)
            values ({messageId}, {mail.To}, {mail.Subject}, {mail.Text}, {mail.Html}, {_clock.GetUtcNow()})
            on conflict (id) do nothing
            """, cancellationToken);
    }

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<LocalMail>> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = await _contexts.CreateDbContextAsync(cancellationToken);
        return await db.Set<LocalMail>().AsNoTracking().OrderByDescending(mail => mail.SentAt).ThenByDescending(mail => mail.Id)
            .Take(Shown).ToListAsync(cancellationToken);
    }
}
