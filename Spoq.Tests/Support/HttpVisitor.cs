using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Spoq.Tests.Support;

/// <summary>A browser without scripts: cookies and forms, no redirects followed.</summary>
internal sealed partial class HttpVisitor : IDisposable
{
    private readonly SpoqServer _server;
    private readonly CookieContainer _cookies = new();

    public HttpVisitor(SpoqServer server)
    {
        _server = server;
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = _cookies }) { BaseAddress = server.BaseUrl, Timeout = TimeSpan.FromSeconds(60) };
        Http.DefaultRequestHeaders.Add("Accept", "text/html");
    }

    public HttpClient Http { get; }

    public string Cookies => _cookies.GetCookieHeader(_server.BaseUrl);

    public void Dispose() => Http.Dispose();

    /// <summary>The token that forms of this visitor carry; any page with a form hands one out.</summary>
    public async Task<string> FormTokenAsync(string page = "/login")
    {
        var html = await Http.GetStringAsync(new Uri(page, UriKind.Relative));
        return Token().Match(html).Groups[1].Value;
    }

    /// <param name="body">Encoded already, so that what no browser would send can be sent.</param>
    public async Task<HttpResponseMessage> SubmitAsync(string page, string form, string token, string body)
    {
        using var content = new StringContent($"_handler={form}&__RequestVerificationToken={Uri.EscapeDataString(token)}&{body}", Encoding.ASCII, "application/x-www-form-urlencoded");
        return await Http.PostAsync(new Uri(page, UriKind.RelativeOrAbsolute), content);
    }

    public async Task LogInAsync(string email)
    {
        using var answer = await SubmitAsync("/login", "login", await FormTokenAsync("/login"), $"email={Uri.EscapeDataString(email)}&password=correct+horse+battery+staple");
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    /// <summary>Where the sign-up goes on: the page that asks for the code.</summary>
    public async Task<string> StartSignUpAsync(string email)
    {
        using var started = await SubmitAsync("/signup", "sign-up", await FormTokenAsync("/signup"), $"email={Uri.EscapeDataString(email)}&password=correct+horse+battery+staple");
        Assert.Equal(HttpStatusCode.Redirect, started.StatusCode);
        return started.Headers.Location!.ToString();
    }

    public async Task SignUpAsync()
    {
        var email = $"{Guid.NewGuid():n}@example.com";
        var confirm = await StartSignUpAsync(email);
        using var confirmed = await SubmitAsync(confirm, "code", await FormTokenAsync("/login"), $"code={await _server.CodeFromMailAsync(email)}");
        Assert.Equal(HttpStatusCode.Redirect, confirmed.StatusCode);
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"")]
    private static partial Regex Token();
}
