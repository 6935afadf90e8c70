using System.Diagnostics;

namespace Spoq.Conductor.Run;

/// <summary>
/// Ends what runs when this process is killed without a goodbye. A small shell holds the other end of a pipe; it is told
/// which commands run, and when the pipe breaks it ends those, by the marker that all they started carries.
/// </summary>
internal sealed class CommandGuard(ForkWatch forks, ILogger<CommandGuard> log) : IDisposable
{
    // A session of its own, so that no signal for our group reaches it. Rounds, because whoever is killed may just have forked.
    private const string Script = """
        all=' '
        while read -r sign marker; do
          case $sign in
            +) all="$all$marker " ;;
            -) all="${all%% "$marker" *} ${all#* "$marker" }" ;;
          esac
        done
        for marker in $all; do
          for round in 1 2 3 4 5 6 7 8 9 10; do
            found=$(grep -lszF "SPOQ_RUN=$marker" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3)
            [ -n "$found" ] || break
            kill -9 $found 2>/dev/null
          done
        done
        """;

    private readonly Lock _telling = new();
    private Process? _shell;

    public Watched Watch(string marker)
    {
        Tell('+', marker);
        return new Watched(this, marker, forks.Watch(marker));
    }

    public void Dispose()
    {
        _shell?.StandardInput.Dispose();
        _shell?.Dispose();
    }

    private void Tell(char sign, string marker)
    {
        lock (_telling)
        {
            try
            {
                _shell = _shell is { HasExited: false } ? _shell : Start();
                _shell.StandardInput.Write($"{sign} {marker}\n");
                _shell.StandardInput.Flush();
            }
            catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception or InvalidOperationException)
            {
                // Commands run without it too; only a kill -9 would then leave them behind.
                log.LogWarning("The guard of commands could not be told: {Reason}", e.Message);
            }
        }
    }

    private static Process Start()
    {
        var start = new ProcessStartInfo("setsid", ["/bin/sh", "-c", Script]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        return Process.Start(start) ?? throw new InvalidOperationException("No process was started.");
    }

    internal sealed class Watched(CommandGuard guard, string marker, ForkWatch.Watched forks) : IDisposable
    {
        /// <summary>It ran too many processes and was ended.</summary>
        public CancellationToken TooMany => forks.TooMany;

        public void Dispose()
        {
            guard.Tell('-', marker);
            forks.Dispose();
        }
    }
}
