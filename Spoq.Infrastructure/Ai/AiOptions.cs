namespace Spoq.Infrastructure.Ai;

/// <summary>Section <c>Ai</c>: what one key and one account may ask for. Upstreams have readers of their own.</summary>
public sealed class AiOptions
{
    public const string Section = "Ai";

    public long KeyRequestsPerMinute { get; set; } = 3_000;

    public long AccountRequestsPerMinute { get; set; } = 6_000;

    /// <summary>Input and output together.</summary>
    public long KeyTokensPerMinute { get; set; } = 2_000_000;

    public long AccountTokensPerMinute { get; set; } = 4_000_000;

    /// <summary>Answers that run at the same time, on one node.</summary>
    public int KeyStreams { get; set; } = 200;

    public int AccountStreams { get; set; } = 400;

    /// <summary>What the bodies of all requests may take of one node's memory at once.</summary>
    public int BodyMegabytes { get; set; } = 512;

    /// <summary>How long a request waits for room for its body.</summary>
    public int BodyWaitSeconds { get; set; } = 10;

    /// <summary>For so long keys that were read are believed while the database cannot be read: nobody is heard of who was shut out meanwhile.</summary>
    public int KeysTrustedMinutes { get; set; } = 60;

    /// <summary>When the server is stopped: how long answers that are under way may go on.</summary>
    public int StoppingSeconds { get; set; } = 8;

    /// <summary>Whether an account that never had a plan is turned away. Null: in Production.</summary>
    public bool? PlanRequired { get; set; }

    /// <summary>The model that answers on customers' computers; null: the first that the computer's plan includes.</summary>
    public string? InstanceModel { get; set; }

    /// <summary>How long the development model waits before each token.</summary>
    public int EchoDelayMilliseconds { get; set; } = 5;
}
