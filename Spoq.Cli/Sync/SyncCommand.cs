using System.CommandLine;
using Spoq.Cli.Computer;

namespace Spoq.Cli.Sync;

/// <summary><c>spoq sync</c>.</summary>
internal static class SyncCommand
{
    /// <summary>A folder that was moved or not mounted must not empty the other side: that many deletions need a word.</summary>
    private const int ManyDeletions = 10;

    public static Command Build()
    {
        var folder = new Argument<string>("folder") { Description = "The folder here.", DefaultValueFactory = _ => "." };
        var to = new Option<string?>("--to") { Description = "The folder there, in its workspace (default: of the same name).", HelpName = "folder" };
        var prefer = new Option<string?>("--prefer") { Description = "Whose version wins where both sides changed a file.", HelpName = "here|there" };
        var delete = new Option<bool>("--delete") { Description = "Yes, delete more than half of the files, or the last of one side." };
        var dryRun = new Option<bool>("--dry-run", "-n") { Description = "Only say what would be done." };
        var all = new Option<bool>("--all") { Description = "Also what git ignores." };
        prefer.AcceptOnlyFromAmong("here", "there");
        return SpoqCommand.Verb("sync", "Make a folder here and one on your computer the same.", (call, parsed, cancellationToken) => RunAsync(
            call, parsed, new Wish(parsed.GetValue(folder)!, parsed.GetValue(to), parsed.GetValue(prefer), parsed.GetValue(delete), parsed.GetValue(dryRun), parsed.GetValue(all)), cancellationToken),
            folder, to, prefer, delete, dryRun, all, ComputerFinder.On);
    }

    private static async Task<int> RunAsync(Call call, ParseResult parsed, Wish wish, CancellationToken cancellationToken)
    {
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(wish.Folder));
        if (!Directory.Exists(root))
        {
            throw new CommandFailedException(ExitCode.Usage, $"There is no folder {root}. To fetch one from your computer, make an empty folder of its name first.");
        }

        if (root == Path.GetPathRoot(root) || root == Environment.GetFolderPath(Environment.SpecialFolder.UserProfile))
        {
            throw new CommandFailedException(ExitCode.Usage, $"{root} is too much: sync a folder inside it.");
        }

        using var computer = await ComputerFinder.FindAsync(call, parsed, cancellationToken);
        var run = new SyncRun(computer, new LocalFolder(root, wish.All), wish.To ?? Path.GetFileName(root), call.Home);
        await using var spinner = call.Screen.Spin($"Syncing with {computer.Name}...");
        var plan = await run.PlanAsync(wish.Prefer, cancellationToken);
        var deletions = plan.DeleteHere.Count + plan.DeleteThere.Count;
        if (((deletions > ManyDeletions && deletions * 2 > run.Total) || (deletions > 0 && run.IsEmptied)) && wish is { Delete: false, DryRun: false })
        {
            throw new CommandFailedException(ExitCode.Failed, $"This would delete {plan.DeleteHere.Count} files here and {plan.DeleteThere.Count} there, of {run.Total}. Look with --dry-run; if it is meant, add --delete.");
        }

        var late = wish.DryRun ? [] : await run.ApplyAsync(plan, cancellationToken);
        await spinner.DisposeAsync();
        foreach (var path in run.HeldBack)
        {
            call.Screen.Complain($"{path} was left alone: on one side it cannot be read, or is a link or no plain file.");
        }

        return End(call, plan, late);
    }

    private static int End(Call call, SyncPlan plan, List<string> late)
    {
        var shown = new SyncShown(plan.Upload, plan.Download, plan.DeleteThere, plan.DeleteHere, plan.Conflicts, late);
        call.Answer(shown, CliJson.Default.SyncShown, () => string.Join('\n', Lines(plan).Append($"{plan.Upload.Count} sent, {plan.Download.Count} fetched, {plan.DeleteThere.Count} deleted there, {plan.DeleteHere.Count} deleted here.")));
        foreach (var path in plan.Conflicts)
        {
            call.Screen.Complain($"Conflict: {path} was changed on both sides. Nothing was overwritten; choose with --prefer here or --prefer there.");
        }

        foreach (var path in late)
        {
            call.Screen.Complain($"{path} changed meanwhile and was left alone. Run spoq sync again.");
        }

        return plan.Conflicts.Count + late.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static IEnumerable<string> Lines(SyncPlan plan)
    {
        const int Most = 50;
        IEnumerable<string> all =
        [
            .. plan.Upload.Select(path => $"→ {path}"), .. plan.Download.Select(path => $"← {path}"),
            .. plan.DeleteThere.Select(path => $"→ deleted {path}"), .. plan.DeleteHere.Select(path => $"← deleted {path}"),
        ];
        return plan.Count <= Most ? all : all.Take(Most).Append($"and {plan.Count - Most} more");
    }

    private sealed record Wish(string Folder, string? To, string? Prefer, bool Delete, bool DryRun, bool All);
}

/// <param name="Late">Changed while they were synced, so they were left alone.</param>
internal sealed record SyncShown(
    IReadOnlyList<string> Sent, IReadOnlyList<string> Fetched, IReadOnlyList<string> DeletedThere, IReadOnlyList<string> DeletedHere, IReadOnlyList<string> Conflicts, IReadOnlyList<string> Late);
