using System.Net;
using System.Text;
using Microsoft.Net.Http.Headers;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;

namespace Spoq.Web.Access;

/// <summary>Which client calls an OAuth endpoint: by HTTP Basic, by its secret in the form, or by its id alone (RFC 6749, section 2.3).</summary>
internal sealed class ClientDoor(OAuthClients clients)
{
    private const string Basic = "Basic ";

    /// <summary>The client, or what to answer.</summary>
    public async Task<(OAuthClient? Client, IResult No)> AuthenticateAsync(HttpContext http, OAuthForm form, CancellationToken cancellationToken)
    {
        var header = http.Request.Headers[HeaderNames.Authorization].ToString();
        var isBasic = header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase);
        (string? Id, string? Secret) shown = isBasic ? Decode(header[Basic.Length..]) : (form["client_id"], form["client_secret"]);
        if (isBasic && (form["client_secret"] is not null || (form["client_id"] is { } named && named != shown.Id)))
        {
            return (null, OAuthAnswers.Error(OAuthError.InvalidRequest("Show the client's secret in one way only.")));
        }

        if (await clients.AuthenticateAsync(shown.Id, shown.Secret, cancellationToken) is { } client)
        {
            return (client, Results.Empty);
        }

        if (isBasic)
        {
            http.Response.Headers.WWWAuthenticate = "Basic realm=\"oauth\"";
        }

        return (null, OAuthAnswers.Error(OAuthError.InvalidClient));
    }

    /// <summary>Both halves are form-encoded before they are joined (RFC 6749, section 2.3.1).</summary>
    private static (string? Id, string? Secret) Decode(string credentials)
    {
        var bytes = new byte[credentials.Length];
        if (!Convert.TryFromBase64String(credentials.Trim(), bytes, out var length)
            || Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2) is not [var id, var secret])
        {
            return (null, null);
        }

        return (WebUtility.UrlDecode(id), secret.Length == 0 ? null : WebUtility.UrlDecode(secret));
    }
}
