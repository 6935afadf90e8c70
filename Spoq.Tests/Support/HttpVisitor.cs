using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Spoq.Tests.Support;

/// <summary>A browser without scripts: cookies and forms, no redirects followed.</summary>
internal sealed partial class HttpVisitor : IDisposable
{
    private readonly SpoqServer? _server;
    private readonly CookieContainer _cookies = new();

    public HttpVisitor(SpoqServer server)
        : this(server.BaseUrl) => _server = server;

    public HttpVisitor(Uri baseUrl)
    {
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = _cookies }) { BaseAddress = baseUrl, Timeout = TimeSpan.FromSeconds(60) };
        Http.DefaultRequestHeaders.Add("Accept", "text/html");
    }

    public HttpClient Http { get; }

    public string Cookies => _cookies.GetCookieHeader(Http.BaseAddress!);

    public void Dispose() => Http.Dispose();

    /// <summary>The token that forms of this visitor carry; any page with a form hands one out.</summary>
    public async Task<string> FormTokenAsync(string page = "/login")
    {
        var html = await Http.GetStringAsync(new Uri(page, UriKind.RelativeOrAbsolute));
        return Token().Match(html).Groups[1].Value;
    }

    /// <param name="body">Encoded already, so that what no browser would send can be sent.</param>
    public async Task<HttpResponseMessage> SubmitAsync(string page, string form, string token, string body)
    {
        using var content = new StringContent($"_handler={form}&__RequestVerificationToken={Uri.EscapeDataString(token)}&{body}", Encoding.ASCII, "application/x-www-form-urlencoded");
        return await Http.PostAsync(new Uri(page, UriKind.RelativeOrAbsolute), content);
    }

    /// <summary>Where the sign-up goes on: the page that asks for the code.</summary>
    public async Task<string> StartSignUpAsync(string email)
    {
        using var started = await SubmitAsync("/signup", "sign-up", await FormTokenAsync("/signup"), $"email={Uri.EscapeDataString(email)}&password=correct+horse+battery+staple");
        Assert.Equal(HttpStatusCode.Redirect, started.StatusCode);
        return started.Headers.Location!.ToString();
    }

    /// <returns>The address of the new account; its password is <c>correct horse battery staple</c>.</returns>
    public async Task<string> SignUpAsync(string? email = null)
    {
        email ??= $"{Guid.NewGuid():n}@example.com";
        var confirm = await StartSignUpAsync(email);
        using var confirmed = await SubmitAsync(confirm, "code", await FormTokenAsync("/login"), $"code={await _server!.CodeFromMailAsync(email)}");
        Assert.Equal(HttpStatusCode.Redirect, confirmed.StatusCode);
        return email;
    }

    /// <returns>Where it goes on, or null when the log-in page came again.</returns>
    public async Task<string?> LogInAsync(string email, string password = "correct horse battery staple", string page = "/login")
    {
        using var answer = await SubmitAsync(page, "login", await FormTokenAsync(), $"email={Uri.EscapeDataString(email)}&password={Uri.EscapeDataString(password)}");
        return answer.Headers.Location?.ToString();
    }

    public async Task<bool> IsSignedInAsync()
    {
        using var answer = await Http.GetAsync(new Uri("/dashboard/account", UriKind.Relative));
        return answer.StatusCode == HttpStatusCode.OK;
    }

    public async Task<string> ReadAsync(string page) => WebUtility.HtmlDecode(await (await Http.GetAsync(new Uri(page, UriKind.RelativeOrAbsolute))).Content.ReadAsStringAsync());

    /// <summary>Where a page leads; null: it shows itself.</summary>
    public async Task<string?> LocationAsync(string page)
    {
        using var answer = await Http.GetAsync(new Uri(page, UriKind.RelativeOrAbsolute));
        return answer.Headers.Location?.ToString();
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
