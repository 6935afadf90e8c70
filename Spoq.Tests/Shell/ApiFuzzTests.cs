using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Spoq.Tests.Access;
using Spoq.Tests.Support;

namespace Spoq.Tests.Shell;

/// <summary>B1, generated from the document: every parameter of every operation with what it never should be. Never a crash, never slow, always a reason.</summary>
public sealed partial class ApiFuzzTests(ApiWorld world) : IClassFixture<ApiWorld>, IDisposable
{
    private const int CallsPerAddress = 60;
    private const string Form = "application/x-www-form-urlencoded";

    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    /// <summary>JSON in place of a member's value.</summary>
    private static readonly string[] s_values =
    [
        "null", "true", "0", "-1", "1e400", "9223372036854775808", "[]", "{}", "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", "\"\"", "\"   \"", "\"\\u0000\"", "\"a\\u0000b@example.com\"", "\"\\u0001\\u001b[31m\\u007f\"",
        "\"\\ud800\"", "\"\\u202Eevil\\u200b\"", "\"' or 1=1; drop table users; --\"", "\"<script>alert(1)</script>\"", "\"../../../etc/passwd\"", "\"" + new string('x', 100_000) + "\"", "\"00000000-0000-0000-0000-000000000000\"",
        "[null]", "[\"\\u0000\", 1, {}]", "{\"a\":{\"a\":{\"a\":{}}}}", "\"2026-13-45T99:99:99Z\"",
    ];

    /// <summary>Whole bodies.</summary>
    private static readonly byte[][] s_bodies =
    [
        [], "{"u8.ToArray(), "null"u8.ToArray(), "[]"u8.ToArray(), "\"text\""u8.ToArray(), "{} {}"u8.ToArray(), "{\"a\":1,\"a\":2}"u8.ToArray(), [0xFF, 0xFE, 0x00], "{\"email\":\"\xC3\x28\"}"u8.ToArray(),
        [(byte)'{', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)':', (byte)'1', (byte)'}'], Encoding.UTF8.GetBytes(new string('[', 50_000)), Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 20_000))),
        Encoding.UTF8.GetBytes("{\"x\":\"" + new string('x', 1_100_000) + "\"}"),
    ];

    private static readonly string[] s_texts = ["", "%00", "%01%1B", "%ED%A0%80", "%zz", "-1", "0", "101", "999999999999999999999", "1e3", "NaN", "%27%20or%201%3D1--", "%E2%80%AE", new('x', 3_000), "..%2f..%2f", "AgAAAAAAAAABAA", "%0d%0aSet-Cookie:%20evil=1"];

    private ApiClient? _client;
    private int _calls;

    public void Dispose() => _client?.Dispose();

    [Fact]
    public async Task No_member_of_a_body_breaks_an_operation()
    {
        var document = await DocumentAsync();
        var wrong = new List<string>();
        foreach (var operation in document.Operations.Where(operation => operation.AliasOf is null && operation.Body() is not null))
        {
            var members = document.MembersOf(operation.Body()!.Value).ToList();
            foreach (var member in members)
            {
                foreach (var value in s_values)
                {
                    await TryAsync(operation, Path(operation), Json($"{{\"{member}\":{value}}}"), wrong, $"{member}: {Short(value)}");
                }
            }

            foreach (var value in s_values)
            {
                await TryAsync(operation, Path(operation), Json("{" + string.Join(',', members.Select(member => $"\"{member}\":{value}")) + "}"), wrong, $"all: {Short(value)}");
            }
        }

        Offenders.None(wrong);
    }

    [Fact]
    public async Task No_field_of_a_form_breaks_an_operation()
    {
        var document = await DocumentAsync();
        var wrong = new List<string>();
        foreach (var operation in document.Operations.Where(operation => operation.AliasOf is null && operation.Body(Form) is not null))
        {
            var fields = document.MembersOf(operation.Body(Form)!.Value).ToList();
            Assert.NotEmpty(fields);
            foreach (var text in s_texts)
            {
                foreach (var field in fields)
                {
                    await TryAsync(operation, Path(operation), Fields($"{field}={text}"), wrong, $"{field}={Short(text)}");
                    await TryAsync(operation, Path(operation), Fields($"{field}={text}&{field}={text}"), wrong, $"{field}={Short(text)} twice");
                }

                foreach (var grant in new[] { "authorization_code", "refresh_token", "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code", text })
                {
                    var rest = fields.Where(field => field != "grant_type").Select(field => $"{field}={text}");
                    await TryAsync(operation, Path(operation), Fields($"grant_type={grant}&{string.Join('&', rest)}"), wrong, $"all={Short(text)} for {Short(grant)}");
                    await TryAsync(operation, Path(operation), Fields($"grant_type={grant}&client_id=spoq-cli&{string.Join('&', rest.Where(field => !field.StartsWith("client_id", StringComparison.Ordinal)))}"), wrong, $"all={Short(text)} of our own client for {Short(grant)}");
                }
            }
        }

        Offenders.None(wrong);
    }

    [Fact]
    public async Task No_body_breaks_an_operation()
    {
        var document = await DocumentAsync();
        var wrong = new List<string>();
        foreach (var operation in document.Operations.Where(operation => operation.AliasOf is null && operation.Method is not "GET"))
        {
            foreach (var body in s_bodies)
            {
                foreach (var type in new[] { "application/json", "application/json; charset=utf-16", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", null })
                {
                    var content = new ByteArrayContent(body);
                    content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
                    await TryAsync(operation, Path(operation), content, wrong, $"{type}: {body.Length} bytes {Short(Encoding.Latin1.GetString(body))}");
                }
            }
        }

        Offenders.None(wrong);
    }

    [Fact]
    public async Task No_parameter_in_path_query_or_head_breaks_an_operation()
    {
        var document = await DocumentAsync();
        var wrong = new List<string>();
        foreach (var operation in document.Operations.Where(operation => operation.AliasOf is null))
        {
            foreach (var text in s_texts)
            {
                if (operation.Path.Contains('{', StringComparison.Ordinal) && text.Length > 0)
                {
                    await TryAsync(operation, Parameter().Replace(operation.Path, _ => text), null, wrong, $"path {Short(text)}");
                }

                foreach (var (name, place) in operation.Parameters.Where(parameter => parameter.Place == "query"))
                {
                    await TryAsync(operation, $"{Path(operation)}?{name}={text}&{name}={text}", null, wrong, $"{place} {name}={Short(text)}");
                }

                await TryAsync(operation, Path(operation), operation.Body() is null ? null : Json("{}"), wrong, $"headers {Short(text)}", text);
            }
        }

        Offenders.None(wrong);
    }

    private async Task<OpenApiDocument> DocumentAsync()
    {
        using var nobody = new ApiClient(world.BaseUrl);
        return await OpenApiDocument.ReadAsync(nobody);
    }

    private async Task TryAsync(DocumentedOperation operation, string path, HttpContent? content, List<string> wrong, string what, string? header = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(operation.Method), new Uri(path, UriKind.Relative)) { Content = content };
        if (header is not null)
        {
            foreach (var name in new[] { "Idempotency-Key", "Last-Event-ID", "X-Request-Id", "Prefer", "Stripe-Signature", "If-None-Match" })
            {
                request.Headers.TryAddWithoutValidation(name, Uri.UnescapeDataString(header) is var plain && plain.Any(c => c is < ' ' or > '~') ? header : plain);
            }
        }

        request.Headers.TryAddWithoutValidation("Prefer", "wait=0");

        // Logging out would end the test's own sign-in.
        if (operation.Path.EndsWith("/logout", StringComparison.Ordinal) || operation.Path == "/auth/revoke")
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "nothing.of.ours");
        }

        // What is too large is refused before it is sent: else the line may close under the sender's hands.
        request.Headers.ExpectContinue = content?.Headers.ContentLength > 4_000;
        var watch = Stopwatch.StartNew();
        try
        {
            using var answer = await Client().Http.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            var status = (int)answer.StatusCode;

            // An address that holds a NUL is turned away by Kestrel itself, before anything of ours.
            var isExplained = status < 400 || IsExplained(text) || (status == 400 && path.Contains("%00", StringComparison.Ordinal));
            var isMeant = status == 503 && !text.Contains("\"internal\"", StringComparison.Ordinal);
            if ((status >= 500 && !isMeant) || watch.Elapsed > s_bound || !isExplained || text.Contains("   at Spoq.", StringComparison.Ordinal))
            {
                wrong.Add($"{operation.Name} {what}: {status} in {watch.ElapsedMilliseconds} ms {Short(text)}");
            }
        }
        catch (HttpRequestException gone)
        {
            wrong.Add($"{operation.Name} {what}: {gone.Message} {gone.InnerException?.Message}");
        }
    }

    /// <summary>From another loopback address every so often: this test is after crashes, not after limits.</summary>
    private ApiClient Client()
    {
        if (_client is null || ++_calls % CallsPerAddress == 0)
        {
            _client?.Dispose();
            _client = new ApiClient(world.BaseUrl) { Token = world.Stranger.Token };
        }

        return _client;
    }

    private string Path(DocumentedOperation operation) => Parameter().Replace(operation.Path, match => match.Groups[1].Value == "name" ? "ada" : Guid.CreateVersion7().ToString());

    private static bool IsExplained(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.TryGetProperty("code", out _) || json.RootElement.TryGetProperty("error", out _);
        }
        catch (JsonException)
        {
            // Scripts and shells are answered in their own words.
            return text.Length > 0;
        }
    }

    private static StringContent Fields(string text) => new(text, Encoding.ASCII, Form);

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static string Short(string text) => text.Length <= 60 ? text : text[..60];

    [GeneratedRegex(@"\{([a-zA-Z]+)\}")]
    private static partial Regex Parameter();
}
