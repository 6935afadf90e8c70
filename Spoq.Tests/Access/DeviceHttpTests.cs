using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

public sealed class DeviceHttpTests
{
    [Fact]
    public async Task Words_that_a_person_approves_bring_the_machine_its_tokens_once()
    {
        var server = await SpoqServer.SharedAsync();
        using var machine = server.NewClient();
        using var person = await SignedInAsync(server);
        var started = await StartAsync(machine, new { device_name = "Alice's laptop" });
        var code = started.GetProperty("user_code").GetString()!;
        Assert.Matches("^[A-Z]{3,6}-[A-Z]{3,6}-[A-Z]{3,6}$", code);
        Assert.Equal((600, 5), (started.GetProperty("expires_in").GetInt32(), started.GetProperty("interval").GetInt32()));
        Assert.Equal($"{server.BaseUrl}auth/verify", started.GetProperty("verification_uri").GetString());
        Assert.Equal($"{server.BaseUrl}auth/verify?code={code}", started.GetProperty("verification_uri_complete").GetString());

        Assert.Equal((400, "authorization_pending"), await PollAsync(machine, started));
        var page = await person.Http.GetStringAsync(started.GetProperty("verification_uri_complete").GetString());
        Assert.Contains("Alice&#x27;s laptop", page, StringComparison.Ordinal);
        Assert.All(code.Split('-'), word => Assert.Contains($"<span>{word}</span>", page, StringComparison.Ordinal));
        using (var tooSoon = await machine.PostAsJsonAsync("/auth/device/token", new { device_code = started.GetProperty("device_code").GetString() }))
        {
            var error = await tooSoon.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal(("slow_down", 10), (error.GetProperty("error").GetString(), error.GetProperty("interval").GetInt32()));
        }

        using var approved = await DecideAsync(person, code.ToLowerInvariant().Replace('-', ' '), "approve");
        Assert.Equal(HttpStatusCode.Redirect, approved.StatusCode);
        Assert.Contains("Device approved", await person.Http.GetStringAsync(approved.Headers.Location), StringComparison.Ordinal);

        using var delivered = await machine.PostAsJsonAsync("/auth/device/token", new { device_code = started.GetProperty("device_code").GetString() });
        Assert.Equal(HttpStatusCode.OK, delivered.StatusCode);
        Assert.True(delivered.Headers.CacheControl?.NoStore);
        var tokens = await delivered.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("Bearer", tokens.GetProperty("token_type").GetString());
        Assert.Equal(JsonValueKind.Null, tokens.GetProperty("vps_hostname").ValueKind);
        Assert.NotEqual("", tokens.GetProperty("refresh_token").GetString());
        machine.DefaultRequestHeaders.Authorization = new("Bearer", tokens.GetProperty("access_token").GetString());
        var me = await machine.GetFromJsonAsync<JsonElement>("/api/auth/me");
        Assert.Contains(tokens.GetProperty("user_id").GetString()!, me.ToString(), StringComparison.Ordinal);
        machine.DefaultRequestHeaders.Authorization = null;
        Assert.Equal((400, "invalid_grant"), await PollAsync(machine, started));
    }

    [Fact]
    public async Task Nobody_is_asked_for_a_body_and_the_standard_form_answers_the_same()
    {
        using var machine = (await SpoqServer.SharedAsync()).NewClient();

        using var plain = await machine.PostAsync(new Uri("/auth/device", UriKind.Relative), null);
        using var form = await PostFormAsync(machine, ("client_id", "spoq-cli"), ("scope", "account"));

        Assert.Equal(HttpStatusCode.OK, plain.StatusCode);
        Assert.Equal(HttpStatusCode.OK, form.StatusCode);
        Assert.Equal(Names(await plain.Content.ReadFromJsonAsync<JsonElement>()), Names(await form.Content.ReadFromJsonAsync<JsonElement>()));
    }

    [Fact]
    public async Task The_standard_form_refuses_as_rfc_6749_does()
    {
        using var machine = (await SpoqServer.SharedAsync()).NewClient();

        using var unknown = await PostFormAsync(machine, ("client_id", "nobody"));
        using var nobody = await PostFormAsync(machine);
        using var greedy = await PostFormAsync(machine, ("client_id", "spoq-cli"), ("scope", "account admin"));
        using var twice = await PostFormAsync(machine, ("client_id", "spoq-cli"), ("client_id", "spoq-cli"));
        using var json = await machine.PostAsJsonAsync("/oauth/device_authorization", new { client_id = "spoq-cli" });

        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (unknown.StatusCode, await ErrorAsync(unknown)));
        Assert.Equal("invalid_client", await ErrorAsync(nobody));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_scope"), (greedy.StatusCode, await ErrorAsync(greedy)));
        Assert.Equal("invalid_request", await ErrorAsync(twice));
        Assert.Equal("invalid_request", await ErrorAsync(json));
    }

    [Fact]
    public async Task A_link_alone_decides_nothing_and_neither_does_a_strangers_form()
    {
        var server = await SpoqServer.SharedAsync();
        using var machine = server.NewClient();
        using var person = await SignedInAsync(server);
        var started = await StartAsync(machine, new { });
        var code = started.GetProperty("user_code").GetString()!;

        await person.Http.GetStringAsync(new Uri($"/auth/verify?code={code}&decision=approve", UriKind.Relative));
        using var forged = await person.Http.PostAsync(new Uri("/auth/authorize", UriKind.Relative), new FormUrlEncodedContent(new Dictionary<string, string> { ["user_code"] = code, ["decision"] = "approve" }));
        using var link = await person.Http.GetAsync(new Uri($"/auth/authorize?user_code={code}&decision=approve", UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadRequest, forged.StatusCode);
        Assert.Equal((HttpStatusCode.Redirect, "/auth/verify"), (link.StatusCode, link.Headers.Location!.ToString()));
        Assert.Equal((400, "authorization_pending"), await PollAsync(machine, started));
    }

    [Theory]
    [InlineData("same-site")]
    [InlineData("cross-site")]
    public async Task Another_page_that_asks_for_wrong_words_again_and_again_locks_nobody(string site)
    {
        var server = await SpoqServer.SharedAsync();
        using var machine = server.NewClient();
        using var person = await SignedInAsync(server);
        for (var i = 0; i < 7; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/auth/verify?code=BLUE-FISH-TREE");
            request.Headers.Add("Sec-Fetch-Site", site);
            using var answer = await person.Http.SendAsync(request);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("value=\"BLUE-FISH-TREE\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        // Their own five tries are all still there.
        var started = await StartAsync(machine, new { });
        for (var i = 0; i < 4; i++)
        {
            using var wrong = await person.Http.GetAsync(new Uri("/auth/verify?code=BLUE-FISH-TREE", UriKind.Relative));
            Assert.Contains("role=\"alert\"", await wrong.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using var own = new HttpRequestMessage(HttpMethod.Get, $"/auth/verify?code={started.GetProperty("user_code").GetString()}");
        own.Headers.Add("Sec-Fetch-Site", "same-origin");
        using var found = await person.Http.SendAsync(own);
        Assert.Contains("Let this device in?", await found.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_not_signed_in_is_led_to_log_in_and_back_to_the_words_and_a_program_is_told()
    {
        var server = await SpoqServer.SharedAsync();
        using var person = new HttpVisitor(server);
        using var program = server.NewClient(followRedirects: false);

        using var page = await person.Http.GetAsync(new Uri("/auth/verify?code=BLUE-FISH-TREE", UriKind.Relative));
        using var call = await program.PostAsJsonAsync("/auth/authorize", new { user_code = "BLUE-FISH-TREE", decision = "approve" });

        Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
        Assert.EndsWith("/login?return_url=%2Fauth%2Fverify%3Fcode%3DBLUE-FISH-TREE", page.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, call.StatusCode);
    }

    [Fact]
    public async Task A_program_that_was_let_in_lets_nobody_else_in()
    {
        var server = await SpoqServer.SharedAsync();
        using var machine = server.NewClient();
        using var person = await SignedInAsync(server);
        var first = await StartAsync(machine, new { });
        using var approved = await DecideAsync(person, first.GetProperty("user_code").GetString()!, "approve");
        using var delivered = await machine.PostAsJsonAsync("/auth/device/token", new { device_code = first.GetProperty("device_code").GetString() });
        var tokens = await delivered.Content.ReadFromJsonAsync<JsonElement>();
        var second = await StartAsync(machine, new { });

        machine.DefaultRequestHeaders.Authorization = new("Bearer", tokens.GetProperty("access_token").GetString());
        using var answer = await machine.PostAsJsonAsync("/auth/authorize", new { user_code = second.GetProperty("user_code").GetString(), decision = "approve" });

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("browser_session_required", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task By_json_the_decision_needs_the_pages_token_and_is_answered_in_words()
    {
        var server = await SpoqServer.SharedAsync();
        using var machine = server.NewClient();
        using var person = await SignedInAsync(server);
        var started = await StartAsync(machine, new { });
        var body = new { user_code = started.GetProperty("user_code").GetString(), decision = "deny" };

        using var bare = await person.Http.PostAsJsonAsync("/auth/authorize", body);
        person.Http.DefaultRequestHeaders.Add("RequestVerificationToken", await person.FormTokenAsync("/dashboard/account"));
        using var unsure = await person.Http.PostAsJsonAsync("/auth/authorize", new { body.user_code, decision = "maybe" });
        using var denied = await person.Http.PostAsJsonAsync("/auth/authorize", body);
        using var again = await person.Http.PostAsJsonAsync("/auth/authorize", body);

        Assert.Equal(HttpStatusCode.BadRequest, bare.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, unsure.StatusCode);
        Assert.Equal("denied", (await denied.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString());
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Equal((400, "access_denied"), await PollAsync(machine, started));
    }

    private static async Task<HttpVisitor> SignedInAsync(SpoqServer server)
    {
        var person = new HttpVisitor(server);
        await person.SignUpAsync();
        return person;
    }

    private static async Task<JsonElement> StartAsync(HttpClient machine, object body)
    {
        using var answer = await machine.PostAsJsonAsync("/auth/device", body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<(int Status, string? Error)> PollAsync(HttpClient machine, JsonElement started)
    {
        using var answer = await machine.PostAsJsonAsync("/auth/device/token", new { device_code = started.GetProperty("device_code").GetString() });
        return ((int)answer.StatusCode, await ErrorAsync(answer));
    }

    private static async Task<HttpResponseMessage> DecideAsync(HttpVisitor person, string words, string decision)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["user_code"] = words,
            ["decision"] = decision,
            ["__RequestVerificationToken"] = await person.FormTokenAsync("/dashboard/account"),
        });
        return await person.Http.PostAsync(new Uri("/auth/authorize", UriKind.Relative), form);
    }

    private static async Task<HttpResponseMessage> PostFormAsync(HttpClient machine, params (string Name, string Value)[] fields)
    {
        using var form = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        return await machine.PostAsync(new Uri("/oauth/device_authorization", UriKind.Relative), form);
    }

    private static async Task<string?> ErrorAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString();

    private static IEnumerable<string> Names(JsonElement json) => json.EnumerateObject().Select(member => member.Name);
}
