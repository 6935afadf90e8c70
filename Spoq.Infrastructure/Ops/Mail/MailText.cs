using System.Net;
using System.Text.RegularExpressions;

namespace Spoq.Infrastructure.Ops.Mail;

using Mail = Spoq.Core.Ops.Mail;

/// <summary>How our mails look. Paragraphs are parted by empty lines; one that is a link becomes one, six digits stand out.</summary>
internal static partial class MailText
{
    public static Mail Write(string to, string subject, string text)
    {
        var lines = text.ReplaceLineEndings("\n");
        return new Mail(to, subject, lines, Html(lines));
    }

    private static string Html(string text) =>
        "<!doctype html><html lang=\"en\"><body style=\"font:16px/1.5 system-ui,sans-serif;max-width:34em;margin:2em auto;padding:0 1em\">"
        + string.Concat(text.Split("\n\n").Select(Paragraph)) + "</body></html>";

    private static string Paragraph(string text)
    {
        var safe = WebUtility.HtmlEncode(text);
        return Uri.IsWellFormedUriString(text, UriKind.Absolute) ? $"<p><a href=\"{safe}\">{safe}</a></p>"
            : SixDigits().IsMatch(text) ? $"<p style=\"font:600 28px ui-monospace,monospace;letter-spacing:.15em\">{safe}</p>"
            : $"<p>{safe.Replace("\n", "<br>", StringComparison.Ordinal)}</p>";
    }

    [GeneratedRegex("^[0-9]{6}$")]
    private static partial Regex SixDigits();
}
