namespace Spoq.Core.Instances.Provisioning;

/// <summary>How far the script that makes a server ours has come, as it reports itself.</summary>
public static class InstallStage
{
    public const string Done = "done";
    public const string Failed = "failed";

    /// <summary>Of a failure that goes into the story; the server keeps the whole log.</summary>
    public const int LongestLog = 2000;

    private static readonly Dictionary<string, string> s_finished = new()
    {
        ["packages"] = "System packages are installed.",
        ["user"] = "Users and SSH are set up.",
        ["conductor"] = "The Conductor is installed.",
        ["proxy"] = "The web server is set up.",
        ["firewall"] = "The firewall is up.",
    };

    public static bool IsOne(string stage) => stage is Done or Failed || Finished(stage) is not null;

    /// <summary>Whether this is what a finished stage put on the screen.</summary>
    public static bool IsLine(string? text) => text is not null && s_finished.ContainsValue(text);

    /// <summary>For the instance's story. The log is a machine's text: what steers a terminal is taken out.</summary>
    public static Happening Line(string stage, string? log) => stage == Failed
        ? new Happening(Happening.StepFailed, $"The installation failed. {Plain(log)}".TrimEnd(), Step.InstallConductor)
        : new Happening(Happening.StepWaiting, Finished(stage) ?? stage, Step.InstallConductor);

    private static string? Finished(string stage) => s_finished.GetValueOrDefault(stage);

    private static string Plain(string? log)
    {
        var text = string.Concat((log ?? "").Where(c => c == '\n' || !char.IsControl(c))).Trim();
        return text.Length <= LongestLog ? text : "…" + text[^LongestLog..];
    }
}
