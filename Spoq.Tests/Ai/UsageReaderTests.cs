using System.Text;
using Spoq.Core.Ai;
using Spoq.Core.Ai.Streams;

namespace Spoq.Tests.Ai;

/// <summary>What counts as an upstream's word on the usage, and what a model can be made to say does not.</summary>
public sealed class UsageReaderTests
{
    private const string Zero = "\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0,\"input_tokens\":0,\"output_tokens\":0}";

    [Theory]
    [InlineData("{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}", 7, 3)]
    [InlineData("{\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3},\"choices\":[{\"tool\":{" + Zero + "}}]}", 7, 3)]
    [InlineData("{ \"usage\" : { \"prompt_tokens\" : 7 , \"completion_tokens\" : 3 } , \"x\" : [ { } , \"}\\\"]\" ] } \n", 7, 3)]
    [InlineData("{\"choices\":[{\"content\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":0,\\\"completion_tokens\\\":0}\"}],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}", 7, 3)]
    [InlineData("{\"choices\":[{\"message\":{" + Zero + "}}]}", null, null)]
    [InlineData("{\"x\":{" + Zero + "},\"usage\":null}", null, null)]
    [InlineData("{\"usage\":null,\"x\":{" + Zero + "}}", null, null)]
    [InlineData("{\"x\":[\"usage\",{" + Zero + "}]}", null, null)]
    [InlineData("{\"x\":\"usage\"}", null, null)]
    [InlineData("{\"x\":{\"y\":{" + Zero, null, null)]
    public void Only_the_outermost_usage_of_an_answer_counts(string answer, int? input, int? output)
    {
        var usage = UsageReader.Find(Encoding.UTF8.GetBytes(answer), AiForm.OpenAi);

        Assert.Equal((input, output), ((int?)usage?.Input, (int?)usage?.Output));
    }

    [Fact]
    public void What_a_tool_is_called_with_is_no_usage()
    {
        var answer = Encoding.UTF8.GetBytes("{\"type\":\"message\",\"usage\":{\"input_tokens\":9,\"output_tokens\":4},\"content\":[{\"type\":\"tool_use\",\"input\":{" + Zero + "}}]}");

        Assert.Equal((9, 4), (UsageReader.Find(answer, AiForm.Anthropic)!.Value.Input, UsageReader.Find(answer, AiForm.Anthropic)!.Value.Output));
    }

    [Fact]
    public void In_a_stream_too_nothing_but_the_outermost_member_counts()
    {
        var openAi = new OpenAiFilter(hidesUsage: true);
        Pass(openAi, "data: {\"choices\":[{\"delta\":{\"x\":{" + Zero + "}}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\n");
        var anthropic = new AnthropicFilter();
        Pass(anthropic, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1},\"content\":[{" + Zero + "}]}}\n\n");
        Pass(anthropic, "event: message_delta\ndata: {\"delta\":{" + Zero + "},\"usage\":{\"output_tokens\":4},\"x\":{" + Zero + "}}\n\n");

        Assert.Null(openAi.Usage);
        Assert.Equal((9, 4), (anthropic.Usage!.Value.Input, anthropic.Usage.Value.Output));
    }

    [Fact]
    public void A_running_count_is_not_the_last_word_until_the_stream_is_done()
    {
        var cut = new OpenAiFilter(hidesUsage: false);
        Pass(cut, Running(1) + Running(2) + Running(5));
        var whole = new OpenAiFilter(hidesUsage: false);
        Pass(whole, Running(1) + Running(5) + "data: [DONE]\n\n");

        Assert.Equal((false, 5L), (cut.HasFinalUsage, cut.Pieces));
        Assert.Equal((true, 5L), (whole.HasFinalUsage, whole.Usage!.Value.Output));
    }

    [Fact]
    public void A_stream_means_the_same_wherever_it_is_split()
    {
        var bytes = Encoding.UTF8.GetBytes(
            "data: {\"choices\":[{\"delta\":{\"content\":\"Grüße\"}}],\"usage\":null}\r\n\r\n: a comment\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n"
            + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n");
        var whole = new OpenAiFilter(hidesUsage: true);
        var expected = Encoding.UTF8.GetString(Split(whole, bytes, bytes.Length));
        for (var at = 0; at <= bytes.Length; at++)
        {
            var filter = new OpenAiFilter(hidesUsage: true);
            var passed = Split(filter, bytes, at);

            Assert.Equal(expected, Encoding.UTF8.GetString(passed));
            Assert.Equal((whole.Usage, 3L, true, true), (filter.Usage, filter.Pieces, filter.IsComplete, filter.HasFinalUsage));
        }

        Assert.DoesNotContain("prompt_tokens", expected, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_known_whether_another_event_may_follow()
    {
        var filter = new OpenAiFilter(hidesUsage: true);
        Assert.True(filter.IsBetweenEvents);
        Pass(filter, "data: {\"choices\":[]}\n");
        Assert.False(filter.IsBetweenEvents);
        Pass(filter, "\n");
        Assert.True(filter.IsBetweenEvents);
        Pass(filter, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n");
        Assert.True(filter.IsBetweenEvents);
    }

    [Fact]
    public void What_is_kept_for_an_hour_has_its_own_price()
    {
        var usage = UsageReader.TryRead("{\"input_tokens\":1000000,\"cache_creation_input_tokens\":3000000,\"cache_read_input_tokens\":0,\"cache_creation\":{\"ephemeral_5m_input_tokens\":1000000,\"ephemeral_1h_input_tokens\":2000000},\"output_tokens\":0}"u8, AiForm.Anthropic, default)!.Value;
        var price = new ModelPrice(1, 3_000_000, 300_000, 3_750_000, 15_000_000) { CacheWriteForHour = 6_000_000 };

        Assert.Equal((3_000_000, 2_000_000), (usage.CacheWrite, usage.CacheWriteForHour));
        Assert.Equal(3_000_000 + 3_750_000 + 12_000_000, price.Cost(usage));
        Assert.Equal(3_000_000 + (3 * 3_750_000), new ModelPrice(1, 3_000_000, 300_000, 3_750_000, 15_000_000).Cost(usage));
    }

    private static string Running(int made) =>
        $"data: {{\"choices\":[{{\"delta\":{{\"content\":\"w\"}}}}],\"usage\":{{\"prompt_tokens\":7,\"completion_tokens\":{made}}}}}\n\n";

    private static void Pass(SseFilter filter, string text) => filter.Pass(Encoding.UTF8.GetBytes(text));

    /// <summary>As the relay does it: two reads, then the end.</summary>
    private static byte[] Split(SseFilter filter, byte[] bytes, int at)
    {
        var passed = new List<byte>();
        foreach (var piece in new[] { bytes[..at], bytes[at..], [] })
        {
            var buffer = new byte[filter.RestLength + piece.Length + 1024];
            var rest = filter.RestLength;
            filter.TakeRest(buffer);
            piece.CopyTo(buffer.AsSpan(rest));
            var length = filter.Pass(buffer.AsSpan(0, rest + piece.Length));
            length += piece.Length == 0 ? filter.PassRest(buffer.AsSpan(length)) : 0;
            passed.AddRange(buffer[..length]);
        }

        return [.. passed];
    }
}
