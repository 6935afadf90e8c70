using Spoq.Core.Wire;

namespace Spoq.Cli.Sync;

/// <summary>What has to happen, by what each side has now and what both had after the last time.</summary>
internal sealed class SyncPlan
{
    public List<string> Upload { get; } = [];

    public List<string> Download { get; } = [];

    public List<string> DeleteThere { get; } = [];

    public List<string> DeleteHere { get; } = [];

    /// <summary>Changed on both sides, each in its own way.</summary>
    public List<string> Conflicts { get; } = [];

    public int Count => Upload.Count + Download.Count + DeleteThere.Count + DeleteHere.Count;

    /// <param name="here">Now.</param>
    /// <param name="there">Now.</param>
    /// <param name="before">What both held when they were last the same.</param>
    /// <param name="prefer"><c>here</c> or <c>there</c> decides conflicts; null leaves them.</param>
    public static SyncPlan Make(IReadOnlyDictionary<string, LocalFile> here, IReadOnlyDictionary<string, SyncFile> there, IReadOnlyDictionary<string, string> before, string? prefer)
    {
        var plan = new SyncPlan();
        foreach (var path in here.Keys.Union(there.Keys).Order(StringComparer.Ordinal))
        {
            var mine = here.GetValueOrDefault(path)?.Sha256;
            var theirs = there.GetValueOrDefault(path)?.Sha256;
            var was = before.GetValueOrDefault(path);
            var wins = mine == theirs ? "both" : theirs == was ? "here" : mine == was ? "there" : prefer;
            var list = (wins, mine, theirs) switch
            {
                ("both", _, _) => null,
                ("here", null, _) => plan.DeleteThere,
                ("here", _, _) => plan.Upload,
                ("there", _, null) => plan.DeleteHere,
                ("there", _, _) => plan.Download,
                _ => plan.Conflicts,
            };
            list?.Add(path);
        }

        return plan;
    }
}
