using System.Text;
using System.Text.Json.Nodes;
using Spoq.Core;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Translation;

namespace Spoq.Tests.Ai;

/// <summary>What is read of a body, and what of it can be said in the other form.</summary>
public sealed class AiRequestTests
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";

    [Theory]
    [InlineData("\"one text\"", 1, 2)]
    [InlineData("[\"a\",\"b\",\"c\"]", 3, 1)]
    [InlineData("[1,2,3,4]", 1, 4)]
    [InlineData("[[1,2],[3,4],[5]]", 3, 5)]
    [InlineData("[]", 1, 0)]
    public void Each_prompt_of_a_list_is_answered_by_itself(string prompt, int prompts, int tokens)
    {
        var alone = Read($"{{\"model\":\"m\",\"prompt\":{prompt}}}", AiOperation.Completion);
        var many = Read($"{{\"model\":\"m\",\"n\":2,\"best_of\":4,\"prompt\":{prompt}}}", AiOperation.Completion);

        Assert.Equal((prompts, prompts * 4), (alone.Choices, many.Choices));
        Assert.InRange(alone.PromptTokens, tokens, tokens + 1);
    }

    [Theory]
    [InlineData("\"n\":2", "n")]
    [InlineData("\"logprobs\":true", "logprobs")]
    [InlineData("\"top_logprobs\":3", "top_logprobs")]
    [InlineData("\"seed\":1", "seed")]
    [InlineData("\"logit_bias\":{\"1\":5}", "logit_bias")]
    [InlineData("\"frequency_penalty\":0.5", "frequency_penalty")]
    [InlineData("\"presence_penalty\":-1", "presence_penalty")]
    [InlineData("\"response_format\":{\"type\":\"json_object\"}", "response_format")]
    [InlineData("\"modalities\":[\"text\",\"audio\"]", "modalities")]
    [InlineData("\"functions\":[{\"name\":\"f\"}]", "functions")]
    [InlineData("\"tools\":[{\"type\":\"custom\",\"custom\":{\"name\":\"f\"}}]", "tools")]
    [InlineData("\"tool_choice\":{\"type\":\"allowed_tools\"}", "tool_choice")]
    [InlineData("\"reasoning_effort\":\"minimal\"", "reasoning_effort")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{}}]}]", "messages")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{\"file_id\":\"f\"}}]}]", "messages")]
    [InlineData("\"messages\":[{\"role\":\"function\",\"name\":\"f\",\"content\":\"x\"}]", "messages")]
    public void What_anthropics_form_has_no_words_for_is_refused_by_name(string member, string name) =>
        Refused(ToAnthropic.Request(Body(member), "m", 100), name);

    [Theory]
    [InlineData("\"top_k\":5", "top_k")]
    [InlineData("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000}", "thinking")]
    [InlineData("\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]", "tools")]
    [InlineData("\"mcp_servers\":[{\"url\":\"x\"}]", "mcp_servers")]
    [InlineData("\"speed\":\"fast\"", "speed")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"file\",\"file_id\":\"f\"}}]}]", "messages")]
    [InlineData("\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"image\"}]}]}]", "messages")]
    public void What_openais_form_has_no_words_for_is_refused_by_name(string member, string name) =>
        Refused(ToOpenAi.Request(Body(member), "m"), name);

    [Theory]
    [InlineData("\"n\":1,\"logprobs\":false,\"seed\":null,\"logit_bias\":{},\"frequency_penalty\":0,\"response_format\":{\"type\":\"text\"},\"modalities\":[\"text\"],\"store\":false,\"service_tier\":\"auto\",\"metadata\":{\"a\":\"b\"},\"x_unknown\":1")]
    public void What_asks_for_nothing_special_is_no_reason_to_refuse(string members) =>
        Assert.True(ToAnthropic.Request(Body(members), "m", 100).Try(out _, out var no), no?.Message);

    [Fact]
    public void A_schema_for_the_answer_and_an_effort_are_known_to_both()
    {
        var format = """ "reasoning_effort":"high","response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}} """;
        Assert.True(ToAnthropic.Request(Body(format), "m", 100).Try(out var message, out _));
        var back = message["output_config"]!;
        Assert.True(ToOpenAi.Request(Body($"\"output_config\":{back.ToJsonString()}"), "m").Try(out var chat, out _));

        Assert.Equal(("high", "json_schema", "object"), (back["effort"]!.ToString(), back["format"]!["type"]!.ToString(), back["format"]!["schema"]!["type"]!.ToString()));
        Assert.Equal(("high", "object"), (chat["reasoning_effort"]!.ToString(), chat["response_format"]!["json_schema"]!["schema"]!["type"]!.ToString()));
    }

    private static AiRequest Read(string body, AiOperation operation)
    {
        Assert.True(AiRequestReader.Read(Encoding.UTF8.GetBytes(body), operation).Try(out var request, out var no), no?.Message);
        return request;
    }

    private static JsonObject Body(string members) =>
        JsonNode.Parse(members.StartsWith("\"messages\"", StringComparison.Ordinal) ? $"{{\"model\":\"m\",\"max_tokens\":5,{members}}}" : $"{{\"model\":\"m\",\"max_tokens\":5,{Messages},{members}}}")!.AsObject();

    private static void Refused(Result<JsonObject> result, string name)
    {
        Assert.False(result.Try(out _, out var no));
        Assert.Equal(("unsupported_parameter", name), (no.Code, no.Field));
        Assert.Contains(name, no.Message, StringComparison.Ordinal);
    }
}
