using System.Diagnostics;
using Spoq.Tests.Support;

namespace Spoq.Bench;

/// <summary>A plain YARP forwarder as a process beside the proxy, where its package can be had.</summary>
internal static class YarpNeighbour
{
    /// <returns>Null: it cannot be built here, and what was printed says why.</returns>
    public static async Task<Process?> StartAsync(int port, string upstream)
    {
        var folder = Path.Combine(Repository.Root, "bench", "Spoq.Bench.Yarp");
        using var build = Process.Start("dotnet", ["build", folder, "-c", "Release", "-v", "q", "--nologo"]);
        await build.WaitForExitAsync();
        if (build.ExitCode == 0)
        {
            return Process.Start("dotnet", [Path.Combine(folder, "bin", "Release", "net10.0", "Spoq.Bench.Yarp.dll"), $"{port}", upstream]);
        }

        Console.WriteLine("without YARP: it could not be built here");
        return null;
    }
}
