using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Spoq.Tests.Emulators;
using Spoq.Tests.Emulators.GitHub;
using Spoq.Tests.Emulators.Google;
using Spoq.Tests.Support;

namespace Spoq.Tests.Accounts;

/// <summary>A server that knows GitHub and Google, as emulated.</summary>
public sealed class SignInServer : IAsyncLifetime
{
    public SpoqServer Server { get; private set; } = null!;

    public GitHubEmulator GitHub { get; private set; } = null!;

    public GoogleEmulator Google { get; private set; } = null!;

    public static string NewEmail() => $"{Guid.NewGuid():n}@example.com";

    public static Person NewPerson(string? email, bool isVerified = true, bool isPrivate = false)
    {
        var number = Random.Shared.Next(1_000_000, int.MaxValue);
        return new Person($"{number}", $"octo{number}", email, isVerified, isPrivate);
    }

    public async Task InitializeAsync()
    {
        GitHub = await GitHubEmulator.StartAsync();
        Google = await GoogleEmulator.StartAsync();
        Server = await SpoqServer.NewAsync(new Dictionary<string, string>
        {
            ["GitHub__BaseUrl"] = GitHub.BaseUrl.ToString(),
            ["GitHub__ClientId"] = OAuthEmulator.ClientId,
            ["GitHub__Secret"] = OAuthEmulator.ClientSecret,
            ["Google__BaseUrl"] = Google.BaseUrl.ToString(),
            ["Google__ClientId"] = OAuthEmulator.ClientId,
            ["Google__ClientSecret"] = OAuthEmulator.ClientSecret,
        });
    }

    public async Task DisposeAsync()
    {
        await Server.DisposeAsync();
        await GitHub.DisposeAsync();
        await Google.DisposeAsync();
    }

    internal HttpVisitor NewVisitor() => new(Server);

    /// <summary>From our button to the provider and back, until a page shows itself.</summary>
    /// <returns>The page that showed itself.</returns>
    internal async Task<string> ThroughAsync(HttpVisitor visitor, OAuthEmulator provider, Person? person, string start)
    {
        provider.Current = person;
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        var at = start;
        for (var hop = 0; hop < 8; hop++)
        {
            var isOutside = at.StartsWith(provider.BaseUrl.ToString(), StringComparison.Ordinal);
            using var answer = isOutside ? await browser.GetAsync(new Uri(at)) : await visitor.Http.GetAsync(new Uri(at, UriKind.RelativeOrAbsolute));
            if (answer.StatusCode is not (HttpStatusCode.Redirect or HttpStatusCode.SeeOther))
            {
                Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{at} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
                return new Uri(Server.BaseUrl, at).PathAndQuery;
            }

            at = answer.Headers.Location!.ToString();
        }

        throw new InvalidOperationException("It goes in circles: " + at);
    }

    public async Task<int> SqlAsync(string sql, params object[] values)
    {
        await using var source = NpgsqlDataSource.Create(Server.ConnectionString);
        await using var command = Command(source, sql, values);
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var source = NpgsqlDataSource.Create(Server.ConnectionString);
        await using var command = Command(source, sql, values);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The proofs of all sessions of this account are eleven minutes old.</summary>
    public Task TimePassesAsync(string email) =>
        SqlAsync("update sessions set authenticated_at = now() - interval '11 minutes' where account_id = (select id from users where email = $1)", email);

    public async Task<IReadOnlyList<(string Subject, string Text)>> MailsAsync(string email)
    {
        using var client = Server.NewClient();
        var mails = await client.GetFromJsonAsync<JsonElement>("/dev/mail/messages");
        return [.. mails.EnumerateArray().Where(mail => mail.GetProperty("to").GetString() == email).Select(mail => (mail.GetProperty("subject").GetString()!, mail.GetProperty("text").GetString()!))];
    }

    public Task MailedAsync(string email, string subject) =>
        Eventually.TrueAsync(async () => (await MailsAsync(email)).Any(mail => mail.Subject.Contains(subject, StringComparison.Ordinal)), $"a mail \"{subject}\" to {email}");

    /// <summary>The link in the newest sign-up mail.</summary>
    public async Task<string> ConfirmLinkAsync(string email)
    {
        var link = "";
        await Eventually.TrueAsync(
            async () => (link = (await MailsAsync(email)).Select(mail => System.Text.RegularExpressions.Regex.Match(mail.Text, @"/confirm-email\?token=\S+").Value).FirstOrDefault(found => found.Length > 0) ?? "").Length > 0,
            $"a link to {email}");
        return link;
    }

    private static NpgsqlCommand Command(NpgsqlDataSource source, string sql, object[] values)
    {
        var command = source.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }
}
