using System.Text;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Streams;

namespace Spoq.Tests.Ai;

/// <summary>What is counted while an answer passes: never more than it was.</summary>
public sealed class UsageFormTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData(" ", 1)]
    [InlineData("word", 1)]
    [InlineData(" two words", 2)]
    [InlineData("================================================", 1)]
    [InlineData("                                                ", 1)]
    [InlineData("人人人人人人人人", 2)]
    public void A_piece_of_text_is_a_token_for_each_word_at_the_least(string text, long tokens) =>
        Assert.Equal(tokens, AnswerText.AtLeast(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("""{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}""", 0)]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":" a \" b"}}]}""", 3)]
    [InlineData("""{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\": 1}"}}]}}]}""", 2)]
    [InlineData("""{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""", 0)]
    public void An_OpenAI_chunk_counts_the_words_of_its_piece(string data, long tokens) =>
        Assert.Equal(tokens, Passed(new OpenAiFilter(hidesUsage: false), $"data: {data}\n\n").Pieces);

    [Theory]
    [InlineData("""{"type":"text_delta","text":"Hello there, you"}""", 3)]
    [InlineData("""{"type":"input_json_delta","partial_json":""}""", 0)]
    [InlineData("""{"type":"thinking_delta","thinking":"Let me"}""", 2)]
    [InlineData("""{"type":"signature_delta","signature":"EqQBCgIYAhIM"}""", 0)]
    public void An_Anthropic_delta_counts_only_what_is_output(string delta, long tokens) =>
        Assert.Equal(tokens, Passed(new AnthropicFilter(), $"event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{delta}}}\n\n").Pieces);

    [Fact]
    public void Half_a_usage_is_none()
    {
        const string Whole = """{"prompt_tokens":10,"completion_tokens":37,"prompt_tokens_details":{"cached_tokens":4}}""";
        for (var length = 0; length < Whole.Length; length++)
        {
            Assert.Null(UsageReader.TryRead(Encoding.UTF8.GetBytes(Whole[..length]), AiForm.OpenAi, default));
        }

        Assert.Equal(new TokenUsage(6, 4, 0, 37, 0), UsageReader.TryRead(Encoding.UTF8.GetBytes(Whole), AiForm.OpenAi, default));
    }

    [Fact]
    public void A_usage_that_is_told_on_the_way_is_not_the_last_word()
    {
        const string Chunk = """data: {"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"completion_tokens":1}}""";
        var cut = Passed(new OpenAiFilter(hidesUsage: false), Chunk + "\n\n");
        var whole = Passed(new OpenAiFilter(hidesUsage: false), Chunk + "\n\ndata: [DONE]\n\n");

        Assert.Equal((5, 1, false), (cut.Usage!.Value.Input, cut.Pieces, cut.HasFinalUsage));
        Assert.True(whole.HasFinalUsage);
    }

    private static SseFilter Passed(SseFilter filter, string stream)
    {
        filter.Pass(Encoding.UTF8.GetBytes(stream));
        return filter;
    }
}
