using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using Spoq.Tests.Stories;
using Spoq.Tests.Support;

namespace Spoq.Tests.Shell;

/// <summary>Whatever is thrown at what anybody may reach: a clear "no" in short time, nothing echoed raw, never a crash.</summary>
public sealed class BadInputTests(StoryServer fixture) : IClassFixture<StoryServer>
{
    private const string Script = "\"><script>alert(1)</script>";
    private static readonly string s_nobody = "00000000-0000-7000-8000-000000000000";

    /// <summary>What is never right, percent-encoded; the empty name stands for a field left out.</summary>
    private static readonly string[] s_bad =
    [
        "",
        "%20%20%20",
        "%01%1B%5B31m%7F",
        "a%00b%40example.com",
        "%00",
        "%ED%A0%80%FF%FE",
        "%zz%",
        "%E2%80%AEevil%E2%80%8B",
        Uri.EscapeDataString("' or 1=1; drop table users; --"),
        Uri.EscapeDataString(Script),
        Uri.EscapeDataString("{{7*7}}${7*7}<img src=x onerror=alert(1)>"),
        Uri.EscapeDataString("\r\nSet-Cookie: evil=1\r\n\r\n"),
        new('x', 100_000),
    ];

    public static TheoryData<string, string, string[]> Forms => new()
    {
        { "/signup", "sign-up", ["email", "password"] },
        { "/login", "login", ["email", "password"] },
        { "/forgot-password", "forgot", ["email"] },
        { "/reset-password?token=nothing", "reset", ["password"] },
        { "/confirm-email?token=nothing", "link", [] },
        { "/confirm-email", "code", ["code"] },
    };

    public static TheoryData<string> Posts =>
    [
        "/signup", "/login", "/forgot-password", "/reset-password?token=x", "/confirm-email?ticket=x", "/logout", "/webhooks/stripe", "/api/subscription/webhook",
        $"/internal/instances/{s_nobody}/phone-home", $"/internal/instances/{s_nobody}/heartbeat",
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_form_answers_bad_fields_with_the_reason(string page, string form, string[] fields)
    {
        using var visitor = new HttpVisitor(fixture.Server);
        var path = form == "code" ? await visitor.StartSignUpAsync($"{Guid.NewGuid():n}@example.com") : page;
        var token = await visitor.FormTokenAsync();
        var told = await RefusedAsync(() => visitor.SubmitAsync(path, form, token, ""), "nothing");
        Assert.Contains("role=\"alert\"", told, StringComparison.Ordinal);
        foreach (var bad in fields.Length == 0 ? [] : s_bad)
        {
            await RefusedAsync(() => visitor.SubmitAsync(path, form, token, string.Join('&', fields.Select(field => $"{field}={bad}"))), bad);
        }

        // The same letters in another alphabet may be an address somewhere: taken or not, it is no failure.
        using var lookAlike = await visitor.SubmitAsync(path, form, token, string.Join('&', fields.Select(field => $"{field}={Uri.EscapeDataString("аlісе@ехаmрlе.com")}")));
        Assert.InRange((int)lookAlike.StatusCode, 200, 499);
    }

    [Theory]
    [MemberData(nameof(Posts))]
    public async Task A_body_of_the_wrong_kind_or_size_is_refused(string path)
    {
        using var client = fixture.Server.NewClient(followRedirects: false);
        string[] bodies = ["", "{", "null", "[]", "{\"version\":null}", "{\"version\":\"\\u0000\",\"stage\":\"done\"}", $"{{\"version\":\"{Script.Replace("\"", "\\\"", StringComparison.Ordinal)}\"}}", new('[', 5000), "\0\u0001\uFFFD"];
        foreach (var body in bodies)
        {
            foreach (var type in new[] { "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "no-type-at-all" })
            {
                await RefusedAsync(() => PostAsync(client, path, new StringContent(body), type), $"{type}: {body}");
            }
        }

        await RefusedAsync(() => PostAsync(client, path, new ByteArrayContent(new byte[10 * 1024 * 1024]), "application/octet-stream"), "10 MB that say so");
        foreach (var type in new[] { "application/json", "application/x-www-form-urlencoded" })
        {
            await RefusedAsync(() => PostAsync(client, path, new StreamContent(new MemoryStream(Encoding.ASCII.GetBytes(new string(' ', 1_200_000)))), type, chunked: true), $"more than 1 MiB of {type} that does not say so");
        }
    }

    [Fact]
    public async Task No_bad_name_is_a_free_address()
    {
        using var client = fixture.Server.NewClient(followRedirects: false);
        foreach (var bad in s_bad.Where(bad => bad.Length is > 0 and < 10_000).Append(Uri.EscapeDataString("аdmіn")).Append("..%2f..%2fetc"))
        {
            using var answer = await TimedAsync(() => client.GetAsync($"/api/subdomain/check/{bad}"), bad);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.InRange((int)answer.StatusCode, 200, 499);
            Assert.DoesNotContain("\"available\":true", text, StringComparison.Ordinal);
            Assert.DoesNotContain("<script>alert", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/?address=")]
    [InlineData("/signup?address=")]
    [InlineData("/signup?return_url=")]
    [InlineData("/login?return_url=")]
    [InlineData("/confirm-email?ticket=")]
    [InlineData("/confirm-email?token=")]
    [InlineData("/reset-password?token=")]
    [InlineData("/cloud/new?address=")]
    [InlineData("/pricing?interval=")]
    [InlineData("/internal/instances/")]
    [InlineData("/no-such-page/")]
    public async Task A_bad_address_line_breaks_no_page(string start)
    {
        using var client = fixture.Server.NewClient(followRedirects: false);
        foreach (var bad in s_bad.Where(bad => bad.Length < 4_000).Append("https%3A%2F%2Fevil.example").Append("%2F%2Fevil.example"))
        {
            using var answer = await TimedAsync(() => client.GetAsync(start + bad), start + bad);
            Assert.True((int)answer.StatusCode < 500, $"{(int)answer.StatusCode} for {start}{bad}");
            Assert.False(answer.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(cookie => cookie.StartsWith("evil", StringComparison.Ordinal)));
            Assert.DoesNotContain("<script>alert", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/dashboard/account/logins", "unlink", "login=a%00b%20c%00d")]
    [InlineData("/dashboard/account/logins", "unlink", "login=%00")]
    [InlineData("/dashboard/account/logins", "unlink", "")]
    [InlineData("/dashboard/account/passkeys", "passkey-change", "rename=%00&name=%00&remove=%00")]
    [InlineData("/dashboard/account/two-factor", "turn-on", "set_up=%00&code=%00")]
    [InlineData("/dashboard/account/password", "password", "current_password=%00&password=%00%00%00%00%00%00%00%00%00%00%00%00%00")]
    [InlineData("/dashboard/keys?new=1", "create-key", "name=a%00b&scopes=a%00i&cap=%00&expiry=%00")]
    public async Task A_NUL_in_a_form_of_somebody_signed_in_is_bad_input(string page, string form, string fields)
    {
        using var visitor = new HttpVisitor(fixture.Server);
        await visitor.SignUpAsync();
        var token = await visitor.FormTokenAsync("/dashboard/account");

        await RefusedAsync(() => visitor.SubmitAsync(page, form, token, fields), fields);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, string path, HttpContent content, string type, bool chunked = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        request.Headers.TransferEncodingChunked = chunked;
        request.Headers.ExpectContinue = true;
        return await client.SendAsync(request);
    }

    private static async Task<string> RefusedAsync(Func<Task<HttpResponseMessage>> send, string what)
    {
        using var answer = await TimedAsync(send, what);
        var text = await answer.Content.ReadAsStringAsync();
        var status = ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
        Assert.True(answer.StatusCode is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError, $"{status} for {Short(what)}");
        Assert.DoesNotContain("<script>alert", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<img src=x", text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at Spoq.", text, StringComparison.Ordinal);
        return text;
    }

    private static async Task<HttpResponseMessage> TimedAsync(Func<Task<HttpResponseMessage>> send, string what)
    {
        HttpResponseMessage? answer = null;
        await Promise.KeptAsync(TimeSpan.FromSeconds(5), Short(what), async () =>
        {
            answer?.Dispose();
            var watch = Stopwatch.StartNew();
            answer = await send();
            return watch.Elapsed;
        });
        return answer!;
    }

    private static string Short(string text) => text.Length <= 120 ? text : text[..120];
}
