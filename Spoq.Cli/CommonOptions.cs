using System.CommandLine;

namespace Spoq.Cli;

/// <summary>What every command takes.</summary>
internal static class CommonOptions
{
    public static readonly Option<string?> Url = new("--url") { Description = "The control plane, such as http://localhost:5080 (default: SPOQ_URL, then where you signed in last).", HelpName = "address", Recursive = true };
    public static readonly Option<bool> Json = new("--json") { Description = "Print one line of JSON.", Recursive = true };
    public static readonly Option<bool> NoColor = new("--no-color") { Description = "Print no colours (NO_COLOR does the same).", Recursive = true };
    public static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "Print results and errors only.", Recursive = true };
    public static readonly Option<bool> Verbose = new("--verbose") { Description = "Tell on stderr what is done.", Recursive = true };

    public static IEnumerable<Option> All => [Url, Json, NoColor, Quiet, Verbose];
}
