using System.Collections.Concurrent;
using System.Diagnostics;

namespace Spoq.Tests.Support;

/// <summary>A line of shell that waits at <c>cat</c> until this process has ended in any way: then nobody holds the other end of the pipe.</summary>
internal static class Afterwards
{
    private static readonly ConcurrentBag<Process> s_waiting = [];

    public static Process Run(string script, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardInput = true };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        // Held: a collected process closes its pipe.
        var waiting = Process.Start(start)!;
        s_waiting.Add(waiting);
        return waiting;
    }
}
