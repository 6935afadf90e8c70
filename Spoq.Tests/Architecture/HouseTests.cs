using System.Text.RegularExpressions;
using Spoq.Tests.Support;

namespace Spoq.Tests.Architecture;

/// <summary>The rules of the house, read from the working tree.</summary>
public sealed partial class HouseTests
{
    private static readonly string[] s_features = ["Accounts", "Billing", "Instances", "Devices", "Access", "Releases", "Ai", "AgentIdentity", "Admin", "Ops"];

    private static readonly Dictionary<string, string[]> s_otherFolders = new()
    {
        ["Spoq.Core"] = ["Wire"],
        ["Spoq.Infrastructure"] = ["Data"],
        ["Spoq.Web"] = ["Shell", "Site", "Properties"],
        ["Spoq.Tests"] = ["Support", "Architecture", "Emulators", "Foreign", "Stories", "Conductor", "Cli", "Shell", "Site"],
    };

    private static readonly string[] s_kinds = ["Models", "Services", "Interfaces", "Helpers", "Common", "Utils", "Entities", "Dtos"];

    [Fact]
    public void Core_references_nothing()
    {
        var project = File.ReadAllText(Path.Combine(Repository.Root, "Spoq.Core", "Spoq.Core.csproj"));

        Assert.DoesNotContain("<PackageReference", project, StringComparison.Ordinal);
        Assert.DoesNotContain("<ProjectReference", project, StringComparison.Ordinal);
        Assert.DoesNotContain("<FrameworkReference", project, StringComparison.Ordinal);
        Assert.Contains("RefuseReferences", project, StringComparison.Ordinal);
    }

    [Fact]
    public void Core_knows_no_clock_no_chance_and_no_io()
    {
        var found = SourceFiles("Spoq.Core").Where(file => Impure().IsMatch(File.ReadAllText(file))).Select(Name);

        Assert.Empty(found);
    }

    [Fact]
    public void Every_project_has_the_same_feature_folders_and_no_others()
    {
        foreach (var (project, others) in s_otherFolders)
        {
            var folders = Directory.GetDirectories(Path.Combine(Repository.Root, project)).Select(Path.GetFileName).Except(["bin", "obj", "TestResults"]);

            Assert.Empty(folders.Except(s_features).Except(others).Select(folder => $"{project}/{folder}"));
        }
    }

    [Fact]
    public void Folders_name_things_never_kinds()
    {
        var found = s_otherFolders.Keys.SelectMany(project => SourceFiles(project)).Select(file => Path.GetFileName(Path.GetDirectoryName(file)!)).Where(s_kinds.Contains);

        Assert.Empty(found.Distinct());
    }

    [Fact]
    public void No_file_is_longer_than_the_budget_and_most_are_short()
    {
        var files = Projects.SelectMany(project => SourceFiles(project)).Select(file => (Name: Name(file), Lines: File.ReadLines(file).Count())).ToList();

        Assert.Empty(files.Where(file => file.Lines > 400));
        Assert.Empty(files.Where(file => file.Name.EndsWith(".razor", StringComparison.Ordinal) && file.Lines > 200));
        var ordered = files.Select(file => file.Lines).Order().ToList();
        Assert.InRange(ordered[ordered.Count / 2], 0, 80);
        Assert.InRange(ordered[ordered.Count * 9 / 10], 0, 200);
    }

    [Fact]
    public void Vendor_json_stays_in_vendor_folders()
    {
        string[] vendors = ["Stripe", "SshId", "Hostinger", "Contabo", "Fly", "Cloudflare", "Telnyx", "Google", "GitHub"];
        var found = SourceFiles("Spoq.Core").Concat(SourceFiles("Spoq.Infrastructure"))
            .Where(file => !vendors.Contains(Path.GetFileName(Path.GetDirectoryName(file)!)))
            .Where(file => VendorJson().IsMatch(File.ReadAllText(file)))
            .Select(Name);

        Assert.Empty(found);
    }

    [Fact]
    public void Time_comes_from_the_clock_that_was_injected()
    {
        string[] shipped = ["Spoq.Core", "Spoq.Infrastructure", "Spoq.Web"];
        var found = shipped.SelectMany(project => SourceFiles(project))
            .Where(file => !file.EndsWith("PrivateCluster.cs", StringComparison.Ordinal))
            .Where(file => WallClock().IsMatch(File.ReadAllText(file)))
            .Select(Name);

        Assert.Empty(found);
    }

    [Fact]
    public void Every_version_is_pinned_centrally()
    {
        var projects = Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories).Where(file => !file.Contains("/obj/", StringComparison.Ordinal));

        Assert.Empty(projects.Where(file => Regex.IsMatch(File.ReadAllText(file), "<PackageReference[^>]+Version=")).Select(Name));
    }

    private static string[] Projects => ["Spoq.Core", "Spoq.Infrastructure", "Spoq.Web", "Spoq.Conductor", "Spoq.Cli"];

    private static IEnumerable<string> SourceFiles(string project) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, project), "*.*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".razor", StringComparison.Ordinal))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal) && !file.Contains("/Migrations/", StringComparison.Ordinal));

    private static string Name(string file) => Path.GetRelativePath(Repository.Root, file);

    [GeneratedRegex(@"DateTime(Offset)?\.(Utc)?Now|Random\.Shared|Guid\.(NewGuid|CreateVersion7)|RandomNumberGenerator|\bHttpClient\b|\bFile\.|Environment\.GetEnvironmentVariable")]
    private static partial Regex Impure();

    [GeneratedRegex(@"DateTime(Offset)?\.(Utc)?Now")]
    private static partial Regex WallClock();

    [GeneratedRegex("\"(payment_status|client_reference_id|checkout\\.session\\.[a-z_]+|livemode)\"")]
    private static partial Regex VendorJson();
}
