using System.Text;
using System.Text.Json;

namespace Spoq.Tests.Ai;

/// <summary>Bad input of any shape: a clear error in the caller's form, and no upstream is asked.</summary>
public sealed class BadAiInputTests(AiWorld world) : IClassFixture<AiWorld>
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";

    public static TheoryData<string, int, string, string?> Bodies => new()
    {
        { "", 400, "invalid_json", null },
        { "[]", 400, "invalid_json", null },
        { "{\"model\":\"gpt-small\"", 400, "invalid_json", null },
        { "{\"model\":\"gpt-small\"," + Messages + "} x", 400, "invalid_json", null },
        { "{" + Messages + "}", 400, "missing_required_parameter", "model" },
        { "{\"model\":\"\"," + Messages + "}", 400, "missing_required_parameter", "model" },
        { "{\"model\":5," + Messages + "}", 400, "invalid_type", "model" },
        { "{\"model\":\"gpt-small\"}", 400, "missing_required_parameter", "messages" },
        { "{\"model\":\"gpt-small\",\"messages\":[]}", 400, "missing_required_parameter", "messages" },
        { "{\"model\":\"gpt-small\",\"messages\":\"hello\"}", 400, "invalid_type", "messages" },
        { "{\"model\":\"gpt-small\",\"messages\":[\"hello\"]}", 400, "invalid_type", "messages" },
        { "{\"model\":\"gpt-small\",\"stream\":\"yes\"," + Messages + "}", 400, "invalid_type", "stream" },
        { "{\"model\":\"gpt-small\",\"max_tokens\":-1," + Messages + "}", 400, "invalid_type", "max_tokens" },
        { "{\"model\":\"gpt-small\",\"max_tokens\":1.5," + Messages + "}", 400, "invalid_type", "max_tokens" },
        { "{\"model\":\"gpt-small\",\"max_tokens\":99999999999999999999," + Messages + "}", 400, "invalid_type", "max_tokens" },
        { "{\"model\":\"gpt-small\",\"n\":100000," + Messages + "}", 400, "invalid_type", "n" },
        { "{\"model\":\"gpt-small\",\"stream_options\":[]," + Messages + "}", 400, "invalid_type", "stream_options" },
        { "{\"model\":\"gpt-small\",\"model\":\"other\"," + Messages + "}", 400, "duplicate_parameter", "model" },
        { "{\"model\":\"gpt-small\",\"mod\\u0065l\":\"other\"," + Messages + "}", 400, "invalid_type", "model" },
        { "{\"model\":\"nothing\"," + Messages + "}", 404, "model_not_found", "model" },
        { "{\"model\":\"unpriced\"," + Messages + "}", 403, "model_not_priced", "model" },
        { "{\"model\":\"gpt-small\",\"x\":" + new string('[', 1000) + new string(']', 1000) + "," + Messages + "}", 400, "invalid_json", null },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_bad_body_is_refused_with_a_reason(string body, int status, string code, string? param)
    {
        using var answer = await world.PostAsync("/v1/chat/completions", body);

        await RefusedAsync(answer, status, code, param);
    }

    [Fact]
    public async Task What_is_no_text_is_refused()
    {
        var bytes = Encoding.UTF8.GetBytes("{\"model\":\"gpt-small\",\"x\":\"??\"," + Messages + "}");
        bytes[Array.IndexOf(bytes, (byte)'?')] = 0xC3;
        using var answer = await SendAsync(new ByteArrayContent(bytes), "application/json");

        await RefusedAsync(answer, 400, "invalid_json", null);
    }

    [Fact]
    public async Task Sixteen_mebibytes_are_the_most()
    {
        var large = "{\"model\":\"nothing\",\"messages\":[{\"role\":\"user\",\"content\":\"" + new string('a', 15 * 1024 * 1024) + "\"}]}";
        using var fits = await world.PostAsync("/v1/chat/completions", large);
        using var tooLarge = await SendAsync(new ByteArrayContent(new byte[(16 * 1024 * 1024) + 1]), "application/json");
        using var unannounced = await SendAsync(new StreamContent(new MemoryStream(new byte[(16 * 1024 * 1024) + 1])), "application/json", chunked: true);

        await RefusedAsync(fits, 404, "model_not_found", "model");
        await RefusedAsync(tooLarge, 413, "body_too_large", null);
        await RefusedAsync(unannounced, 413, "body_too_large", null);
    }

    [Fact]
    public async Task Another_type_of_body_or_another_method_is_refused_in_the_same_form()
    {
        using var form = await SendAsync(new StringContent("a=b"), "application/x-www-form-urlencoded");
        using var get = await world.Program.GetAsync(new Uri("/v1/chat/completions", UriKind.Relative));

        await RefusedAsync(form, 415, "unsupported_media_type", null);
        await RefusedAsync(get, 405, "method_not_allowed", null);
        Assert.Equal("POST", get.Content.Headers.Allow.Single());
    }

    [Fact]
    public async Task A_model_outside_the_plan_is_refused_once_there_is_a_plan_and_not_listed()
    {
        var models = JsonDocument.Parse(await world.Program.GetStringAsync(new Uri("/v1/models", UriKind.Relative))).RootElement;
        var ids = models.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()).ToList();

        Assert.Equal("list", models.GetProperty("object").GetString());
        Assert.Contains(AiWorld.Model, ids);
        Assert.DoesNotContain("unpriced", ids);
    }

    internal static async Task RefusedAsync(HttpResponseMessage answer, int status, string code, string? param)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode}: {text}");
        var error = JsonDocument.Parse(text).RootElement.GetProperty("error");
        Assert.Equal((code, param), (error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        Assert.Equal(code, answer.Headers.GetValues("X-Spoq-Error").Single());
        Assert.True(answer.Headers.Contains("X-Request-Id"));
    }

    private async Task<HttpResponseMessage> SendAsync(HttpContent content, string type, bool chunked = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = content };
        content.Headers.ContentType = new(type);
        request.Headers.TransferEncodingChunked = chunked;
        return await world.Program.SendAsync(request);
    }
}
