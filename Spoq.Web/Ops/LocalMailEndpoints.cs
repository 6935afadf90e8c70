using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Spoq.Infrastructure.Ops.Mail;

namespace Spoq.Web.Ops;

/// <summary>Development's mail box as JSON; Production has no such address.</summary>
internal static partial class LocalMailEndpoints
{
    public static void MapLocalMail(this IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.GetService<LocalMailer>() is not null)
        {
            routes.MapGet("/dev/mail/messages", ListAsync).AllowAnonymous();
        }
    }

    private static async Task<JsonHttpResult<IReadOnlyList<Dictionary<string, object?>>>> ListAsync(LocalMailer mailer, CancellationToken cancellationToken)
    {
        var mails = await mailer.ListAsync(cancellationToken);
        IReadOnlyList<Dictionary<string, object?>> messages = [.. mails.Select(mail => new Dictionary<string, object?>
        {
            ["to"] = mail.To,
            ["subject"] = mail.Subject,
            ["text"] = mail.Text,
            ["html"] = mail.Html,
            ["links"] = Link().Matches(mail.Text).Select(link => link.Value).ToArray(),
            ["sent_at"] = mail.SentAt,
        })];
        return TypedResults.Json(messages);
    }

    [GeneratedRegex(@"https?://[^\s<>""]+")]
    private static partial Regex Link();
}
