namespace Spoq.Core.Ai.Streams;

/// <summary>Anthropic's form: input usage at the start of the message, cumulative output usage at its end; nothing is held back.</summary>
public sealed class AnthropicFilter : SseFilter
{
    private Event _event;

    private enum Event
    {
        Other,
        Start,
        Delta,
        End,
        Stop,
    }

    protected override void Name(ReadOnlySpan<byte> name) =>
        _event = name.SequenceEqual("content_block_delta"u8) ? Event.Delta
            : name.SequenceEqual("message_start"u8) ? Event.Start
            : name.SequenceEqual("message_delta"u8) ? Event.End
            : name.SequenceEqual("message_stop"u8) ? Event.Stop
            : Event.Other;

    protected override bool Look(ReadOnlySpan<byte> data)
    {
        switch (_event)
        {
            case Event.Delta:
                // Signatures and citations are deltas too, and the first of a tool's input is always empty.
                Pieces += AnswerText.AtLeast(data, "\"text\""u8) is > 0 and var text ? text
                    : AnswerText.AtLeast(data, "\"partial_json\""u8) is > 0 and var input ? input
                    : AnswerText.AtLeast(data, "\"thinking\""u8);
                break;
            case Event.Stop:
                IsComplete = true;
                break;
            case Event.Start or Event.End when Find(data) is { } usage:
                Usage = usage;
                HasFinalUsage |= _event == Event.End;
                break;
        }

        return true;
    }

    private TokenUsage? Find(ReadOnlySpan<byte> data)
    {
        // The start tells it within the message, the end on the outermost level; what stands elsewhere is somebody's text.
        var holder = _event == Event.Start ? UsageReader.Member(data, "message"u8) : data;
        return holder.IsEmpty || UsageReader.Member(holder, "usage"u8) is not { IsEmpty: false } value ? null : UsageReader.TryRead(value, AiForm.Anthropic, Usage ?? default);
    }
}
