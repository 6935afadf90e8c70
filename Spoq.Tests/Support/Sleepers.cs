using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Spoq.Tests.Support;

/// <summary>What commands of tests leave running: <c>sleep</c>s of a length that no other has.</summary>
internal static class Sleepers
{
    /// <param name="length">A pattern.</param>
    public static int Count(string length) => Process.GetProcessesByName("sleep").Count(process => Regex.IsMatch(CommandLine(process.Id), length));

    /// <summary>Of one that ends while it is looked at: nothing.</summary>
    private static string CommandLine(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
