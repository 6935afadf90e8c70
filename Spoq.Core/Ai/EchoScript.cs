namespace Spoq.Core.Ai;

/// <summary>
/// How the development model is told to use tools: each line of a question such as <c>/tool read {"path":"notes.txt"}</c>
/// is one step, and after the last one it says the last result. So the way of tools can be walked without a model.
/// </summary>
public static class EchoScript
{
    private const string Sign = "/tool ";

    public static IReadOnlyList<EchoStep> Steps(string question) =>
        [.. question.Split('\n').Where(line => line.StartsWith(Sign, StringComparison.Ordinal)).Select((line, at) => Step(line[Sign.Length..].Split(' ', 2), at))];

    private static EchoStep Step(string[] words, int at) => new($"echo-{at + 1}", words[0], words.ElementAtOrDefault(1) ?? "{}");
}

/// <param name="Arguments">As they were written, which need not be JSON.</param>
public sealed record EchoStep(string Id, string Tool, string Arguments);
